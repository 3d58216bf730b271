"""What dbt's commands pay for the plugin in a project that has no `intercom` meta: CPU milliseconds, import included.

    python benchmarks/plugin.py [models] [columns each]

Two figures, each the median of several fresh processes in which dbt is already imported, as it is when dbt asks:
importing the plugin, and one call of its hook on a manifest of that size, as dbt calls it once a command.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

PROCESSES = 7

CODE = """
import sys, time, types
import dbt.cli.main
from dbt.adapters.factory import FACTORY
from dbt.contracts.graph.manifest import Manifest
import dbt_intercom_activate

models, columns = int(sys.argv[1]), int(sys.argv[2])
began = time.process_time()
[plugin] = dbt_intercom_activate.plugins
imported = time.process_time()

from dbt.artifacts.resources import ColumnInfo, FileHash
from dbt.contracts.graph.nodes import ModelNode
from dbt.node_types import NodeType

manifest = Manifest()
for number in range(models):
    name = f"m{number}"
    manifest.nodes[f"model.p.{name}"] = ModelNode(
        name=name, resource_type=NodeType.Model, package_name="p", path="m.sql", original_file_path="m.sql",
        unique_id=f"model.p.{name}", fqn=["p", name], alias=name, schema="s", database="d",
        checksum=FileHash.from_contents(""),
        columns={f"c{each}": ColumnInfo(name=f"c{each}") for each in range(columns)},
    )
config = types.SimpleNamespace(project_target_path="/nonexistent")
FACTORY.adapters["none"] = types.SimpleNamespace(config=config)
hook = plugin(project_name="p").get_manifest_artifacts
called = time.process_time()
assert hook(manifest) == {}
ended = time.process_time()
print((imported - began) * 1000, (ended - called) * 1000)
"""


def main() -> None:
    models, columns = [*sys.argv[1:], "500", "20"][:2]
    rows = []
    for _ in range(PROCESSES):
        out = subprocess.run(
            [sys.executable, "-c", CODE, models, columns], capture_output=True, text=True, check=True
        ).stdout
        rows.append([float(figure) for figure in out.split()])
    imported, called = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{models} models of {columns} columns: import {imported:.1f} ms, hook {called:.1f} ms")


if __name__ == "__main__":
    main()
