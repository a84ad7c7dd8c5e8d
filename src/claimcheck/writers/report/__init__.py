"""The parts of the HTML report: which rows it holds, how its data are embedded, the pages of checks, and the rules that
its messages rest on."""
