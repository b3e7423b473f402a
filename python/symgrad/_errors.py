"""The errors that symgrad raises, beside Python's own."""


class SymgradError(Exception):
    """Something could not be done; the message says what, and often a way out."""


class InputError(SymgradError, ValueError):
    """An argument that cannot be used: data, a setting, a file's content."""


class FileError(SymgradError, OSError):
    """A file that cannot be read or written."""


class MissingPackageError(SymgradError, ImportError):
    """A package that is needed for this, and is not installed."""


__all__ = ["FileError", "InputError", "MissingPackageError", "SymgradError"]
