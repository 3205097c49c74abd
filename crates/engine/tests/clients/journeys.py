"""Every resource type on its journey through a stack; one that has none is a fault."""

import sys
import traceback

import journey
from engine import supported
from journey import apis, data, functions, messages, parameters, repositories, rights

# A type without a resource behind it.
NONE = {"AWS::CDK::Metadata"}


def main():
    journey.prepare()
    journeys = [one for module in (messages, rights, data, functions, apis, repositories, parameters) for one in module.JOURNEYS]
    only = sys.argv[1:]
    faults = []
    for one in journeys:
        if only and one.type not in only:
            continue
        try:
            one.go()
        except Exception as fault:
            where = "" if isinstance(fault, AssertionError) else traceback.format_exc()
            faults.append(f"{one.type}: {fault}\n{where}")
    types = {name for service in supported().values() for name in service["resource_types"]}
    missing = sorted(types - {one.type for one in journeys} - NONE)
    faults += [f"{name} has no journey" for name in missing]
    if faults:
        sys.exit("\n".join(faults))
    print(len(journeys), "journeys")


main()
