"""Writes settings as YAML."""

from collections.abc import Mapping

import yaml

from hydro.settings.fields import NULL_VALUES
from hydro.settings.schema import Schema, SettingInfo, flatten
from hydro.settings.sections import Settings


def dump(settings: Settings) -> str:
    """Write settings as YAML that loads back to the same settings.

    Settings of components that are neither chosen nor searched over are left out, so that the
    file loads where those components are not installed.
    """
    values: dict[str, object] = {}
    sections: dict[str, dict[str, object]] = {"": values}
    chosen = flatten(settings)
    written = settings.model_dump(mode="json")
    for each in Schema.of(type(settings)):
        if each.metadata.owner and not _is_active_or_searched(each, settings, chosen):
            continue
        if each.section not in sections:
            values[each.section] = sections[each.section] = {}
        source = written[each.section] if each.section else written
        sections[each.section][each.name] = source[each.name]
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _is_active_or_searched(
    setting: SettingInfo, settings: Settings, chosen: Mapping[str, object]
) -> bool:
    """Return whether a setting applies, or would with a value that is searched over."""
    rule = setting.metadata.applies_if
    if rule is None:
        return True
    tried = [chosen.get(rule.path), *settings.grid_search.get(rule.path, ())]
    return any(rule.holds({**chosen, rule.path: value}) for value in tried)


class _Dumper(yaml.SafeDumper):
    """Quotes the texts that would else be read as nothing, or with their line ends changed."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if text in NULL_VALUES or not text.isprintable() else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)
