"""Which tests one worker of pytest-xdist runs together."""

from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]


class ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """A file's tests go to one worker, and those of an ``xdist_group``, too: what they share is made once. To hand out
    thousands of tests one by one takes longer than to run most of them."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)  # the whole id where there is none
        return group.partition("::")[0]
