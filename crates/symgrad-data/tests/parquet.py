"""Writes the Parquet files in data/: needs pandas and pyarrow."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

n = np.arange(40)
x = np.round(2 * np.sin(1.7 * n), 3)
v = np.round(2 * np.cos(2.3 * n), 3).astype(np.float32)
field = pd.DataFrame({"x": x, "v": v, "g_x": 2 * x, "g_v": 2 * v, "weight": 1 + n % 3}, index=n + 7)
field.to_parquet("data/field.parquet", row_group_size=25)

plain = pa.table({"a": x, "b": (n % 4).astype(np.int32), "c": n.astype(np.uint64) + 2**40})
pq.write_table(plain, "data/zstd.parquet", compression="zstd", data_page_version="2.0")
pq.write_table(plain, "data/gzip.parquet", compression="gzip")
small = {
    "null": pa.table({"a": [1.0, 2.0], "b": [1.0, None]}),
    "nan": pa.table({"a": [1.0, float("nan")]}),
    "text": pa.table({"a": [1.0], "name": ["m"]}),
    "nested": pa.table({"a": [[1.0, 2.0]]}),
    "time": pa.table({"a": pa.array([1], pa.timestamp("ns"))}),
}
for name, table in small.items():
    pq.write_table(table, f"data/{name}.parquet", compression="none", write_statistics=False, store_schema=False)
