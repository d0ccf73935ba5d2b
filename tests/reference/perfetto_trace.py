#!/usr/bin/env python3
"""Opens a trace of `twinsight … --trace FILE` in Perfetto's trace processor, and checks it there.

    pip install perfetto
    python tests/reference/perfetto_trace.py TRACE.json [--shell PATH/trace_processor_shell]

Without --shell, the package downloads the trace processor when it is first used, which needs the internet.
It checks that the processor drops nothing, that no span is negative or open, that each span lies within its parent, and that
every frame of the models or of the command has its stages.
"""

import argparse
import sys

from perfetto.trace_processor import TraceProcessor, TraceProcessorConfig

# What the processor counts as wrong with a trace.
ERRORS = "select name, value from stats where severity in ('error', 'data_loss') and value > 0"

NEGATIVE = "select count(*) as n from slice where dur < 0"

OUTSIDE = """
select count(*) as n from slice as inner_one join slice as outer_one on inner_one.parent_id = outer_one.id
where inner_one.ts < outer_one.ts or inner_one.ts + inner_one.dur > outer_one.ts + outer_one.dur
"""

STAGES = """
select thread.name as lane, slice.name as stage, count(*) as n
from slice join thread_track on slice.track_id = thread_track.id join thread using (utid)
group by lane, stage order by lane, stage
"""

# Stages that hang on no frame, though they name one.
LOOSE = """
select count(*) as n from slice join thread_track on slice.track_id = thread_track.id join thread using (utid)
where thread.name in ('models', 'command') and slice.depth = 0 and slice.dur > 0 and slice.name != 'frame'
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("--shell", help="the trace processor's program")
    arguments = parser.parse_args()
    processor = TraceProcessor(trace=arguments.trace, config=TraceProcessorConfig(bin_path=arguments.shell))
    wrong = [f"{row.name}: {row.value}" for row in processor.query(ERRORS)]
    for what, query in [("negative or open spans", NEGATIVE), ("spans outside their parents", OUTSIDE), ("loose stages", LOOSE)]:
        count = next(iter(processor.query(query))).n
        if count:
            wrong.append(f"{what}: {count}")
    rows = [(row.lane, row.stage, row.n) for row in processor.query(STAGES)]
    for lane, stage, count in rows:
        print(f"{lane:<12} {stage:<14} {count}")
    if not rows:
        wrong.append("no spans")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
