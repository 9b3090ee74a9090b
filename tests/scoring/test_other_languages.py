"""Answers in other languages than English: refusals are found, equal texts score the same, and F1 of words warns."""

from __future__ import annotations

import logging

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.evaluation.scripts import warn_of_scripts
from locomo.schema import Question
from locomo.scoring import scoring_protocol
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import normalised_f1, strict_score

REFUSALS = {
    "ar": ("لا أعرف", "لم يتم ذكر ذلك في المحادثة", "غير مذكور", "لا توجد معلومات كافية"),
    "de": (
        "Das wird im Gespräch nicht erwähnt.",
        "Keine Angabe",
        "Ich weiß es nicht.",
        "Unbekannt",
        "Dazu gibt es keine Informationen",
        "Das Gespräch erwähnt das nicht.",
    ),
    "es": (
        "No se menciona en la conversación.",
        "No lo sé",
        "No hay información al respecto",
        "Desconocido",
        "No tengo información suficiente",
    ),
    "fr": (
        "Ce n'est pas mentionné dans la conversation.",
        "Aucune information disponible",
        "Je ne sais pas",
        "Non précisé",
        "La conversation ne le dit pas",
    ),
    "hi": ("पता नहीं", "बातचीत में इसका उल्लेख नहीं है", "कोई जानकारी उपलब्ध नहीं है"),
    "it": (
        "Non è menzionato nella conversazione",
        "Non lo so",
        "Nessuna informazione",
        "Non specificato",
        "Non ci sono informazioni",
    ),
    "ja": ("会話では言及されていません", "わかりません", "不明", "情報がありません", "記載なし"),
    "ko": ("대화에서 언급되지 않았습니다", "알 수 없습니다", "모르겠습니다", "정보가 없습니다"),
    "nl": ("Niet vermeld in het gesprek", "Geen informatie beschikbaar", "Ik weet het niet", "Onbekend"),
    "pl": ("Nie wspomniano o tym w rozmowie", "Nie wiem", "Brak informacji"),
    "pt": ("Não mencionado na conversa", "Não sei", "Não há informação sobre isso", "A conversa não menciona isso"),
    "ru": ("Не упоминается в разговоре", "Неизвестно", "Нет информации", "Не знаю"),
    "tr": ("Konuşmada bahsedilmiyor", "Bilgi yok", "Belirtilmemiş", "Bilmiyorum"),
    "zh": ("对话中没有提到", "未提及", "不知道", "没有相关信息", "無法確定", "对话中未提及此事。"),
}
ANSWERS = {
    "ar": ("قطة سوداء", "لم يذهب إلى المدرسة"),
    "de": ("einen roten Schal", "Er ist nicht gekommen", "kein Zucker"),
    "es": ("una bicicleta roja", "No fue a la fiesta", "No"),
    "fr": ("un gâteau", "Elle n'est pas venue", "pas de sucre"),
    "hi": ("लाल साइकिल", "वह नहीं आया"),
    "it": ("una torta", "Non è venuto alla festa", "non ha fame"),
    "ja": ("赤い自転車", "彼は来なかった", "砂糖なし"),
    "ko": ("빨간 자전거", "그는 오지 않았다"),
    "nl": ("een rode fiets", "Hij kwam niet"),
    "pl": ("czerwony rower", "Nie przyszedł"),
    "pt": ("um bolo", "Ele não veio"),
    "ru": ("красный велосипед", "Он не пришёл"),
    "tr": ("kırmızı bisiklet", "Gelmedi"),
    "zh": ("红色自行车", "他没有来", "不加糖"),
}


@pytest.mark.parametrize("language", REFUSALS)
def test_refusals(language: str) -> None:
    missed = [text for text in REFUSALS[language] if not refuses(text)]
    assert missed == []


@pytest.mark.parametrize("language", ANSWERS)
def test_answers_are_no_refusals(language: str) -> None:
    assert [text for text in ANSWERS[language] if refuses(text)] == []


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("2023年5月7日。", "2023年5月7日", 1),
        ("May 7, 2023", "2023年5月7日", 1),
        ("她喜欢猫。", "她喜欢猫", 1),
        ("她喜欢狗", "她喜欢猫", 0.75),
        ("ＡＢＣ", "abc", 1),
        ("東京タワーです", "東京タワー", pytest.approx(10 / 12)),
        ("แมวสีดำ!", "แมวสีดำ", 1),
        ("किताब पढ़ना।", "किताब पढ़ना", 1),
        ("“Little Women”", "'Little Women'", 1),  # quotes say nothing
        ("「猫」", "猫", 1),
        ("빨간 자전거", "빨간 자전거!", 1),
        ("тёплый шарф", "тёплый шарф.", 1),
    ],
)
def test_words_of_other_scripts(prediction: str, gold: str, expected: float) -> None:
    assert normalised_f1(prediction, gold) == expected


def test_lists_of_other_scripts() -> None:
    question = Question(question="去过哪些城市？", category=1, evidence=[], answer="北京、上海")
    assert strict_score(question, "上海，北京。") == 1.0
    assert strict_score(question, "广州") == 0.0


@pytest.mark.parametrize(
    ("gold", "protocol", "warns"),
    [
        ("2023年5月7日", "paper", True),
        ("2023年5月7日", "head", True),
        ("2023年5月7日", "strict", False),
        ("тёплый шарф", "paper", True),
        ("a café “Zoë”", "paper", False),
    ],
)
def test_where_words_mean_nothing_it_is_said(
    gold: str, protocol: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    (first, *_) = read_conversations(SAMPLE)
    question = Question(question="?", category=4, evidence=[], answer=gold)
    logging.getLogger("locomo").addHandler(caplog.handler)
    try:
        warn_of_scripts([first.model_copy(update={"questions": [question]})], scoring_protocol(protocol))
    finally:
        logging.getLogger("locomo").removeHandler(caplog.handler)
    said = [record.getMessage() for record in caplog.records]
    assert bool(said) is warns
    assert all(
        f"1 of 1 gold answers are in a script that protocol '{protocol}' cannot compare" in each for each in said
    )
