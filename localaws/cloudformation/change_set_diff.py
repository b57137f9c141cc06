"""The resources that a change set changes: their text differs, or they read a parameter whose value differs."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.models import Change, ChangeSet
from moto.cloudformation.parsing import ResourceMap


def diff(self: ChangeSet) -> list[Change]:
    """Compare with the stack as it is: its template, and its parameters as the new template has them."""
    new = ResourceMap(
        self.stack_id,
        self.stack_name,
        self.parameters,
        {},
        region_name=self.stack.region_name,
        account_id=self.stack.account_id,
        template=self.template_dict,
        cross_stack_resources=self.stack.cross_stack_resources,
    )
    new.load()
    old, current = self.stack.resource_map, self.stack.template_dict.get("Resources", {})
    made = {name for name in current if name in old._parsed_resources}
    wanted = {name: resource for name, resource in self.template_dict["Resources"].items() if _is_wanted(new, resource)}
    names = {name: resource.get("Type") for name, resource in {**current, **wanted}.items()}
    changed = {
        name
        for name, values in new.resolved_parameters.items()
        if values != old.resolved_parameters.get(name) or name not in old.resolved_parameters
    }
    found = []
    for name, kind in names.items():
        if name in wanted and name not in made:
            found.append(Change("Add", name, kind))
        elif name in made and name not in wanted:
            found.append(Change("Remove", name, kind))
        elif name in made and (wanted[name] != current[name] or changed & _read(self.template_dict, wanted[name])):
            found.append(Change("Modify", name, kind))
    return found


def _is_wanted(resources: ResourceMap, resource: dict[str, Any]) -> bool:
    return "Condition" not in resource or bool(resources.lazy_condition_map[resource["Condition"]])


def _read(template: dict[str, Any], resource: Any) -> set[str]:
    """Return the names of what a resource refers to, also by conditions and in texts to be filled in."""
    names: set[str] = set()
    if isinstance(resource, list):
        return names.union(*(_read(template, item) for item in resource))
    if not isinstance(resource, dict):
        return names
    for key, value in resource.items():
        names |= _read(template, value)
        if key == "Ref":
            names.add(value)
        elif key == "Fn::Sub":
            text = value if isinstance(value, str) else value[0]
            names |= {part.partition("}")[0] for part in text.split("${")[1:]}
        elif key in ("Fn::If", "Condition"):
            condition = value[0] if key == "Fn::If" else value
            if isinstance(condition, str):
                names |= _read(template, template.get("Conditions", {}).get(condition))
    return names
