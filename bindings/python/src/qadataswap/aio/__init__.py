"""`qadataswap` for asyncio: waits hold no thread, and cancellation ends them at once."""

from .reader import Reader
from .shared_data_frame import SharedDataFrame
from .writer import Writer

__all__ = ['Reader', 'SharedDataFrame', 'Writer']
