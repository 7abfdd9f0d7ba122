"""The bill of materials: CycloneDX 1.5, in the place that PEP 770 gives it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from .linked import ARCHIVES, SOURCES, SWIFT_LICENSE, expression
from .notices import package_of, source_of, swift_version


def _component(name: str, version: str, reference: str, license: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "purl": reference,
        "licenses": [{"expression": license}],
    }


def document(version: str) -> str:
    """Deterministic: no serial number and no time."""
    components = {}
    for archive in ARCHIVES:
        name, found = source_of(package_of(archive.name))
        # gcc's source has two of them, under one licence.
        reference = f"pkg:deb/debian/{name}@{quote(found, safe='~.-')}"
        components[reference] = _component(name, found, reference, archive.license)
    for source in SOURCES:
        reference = f"pkg:swift/{source.address.removeprefix('https://')}@{source.version}"
        components[reference] = _component(source.name, source.version, reference, source.license)
    swift = f"pkg:github/swiftlang/swift@{swift_version()}"
    components[swift] = _component("swift", swift_version(), swift, SWIFT_LICENSE)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "wheelscrub",
                "name": "wheelscrub",
                "version": version,
                "purl": f"pkg:pypi/wheelscrub@{version}",
                "licenses": [{"expression": expression()}],
            }
        },
        "components": [components[reference] for reference in sorted(components)],
        "dependencies": [
            {"ref": "wheelscrub", "dependsOn": sorted(components)},
            *({"ref": reference} for reference in sorted(components)),
        ],
    }
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"
