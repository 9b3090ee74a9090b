"""generate, mode `agents`: one conversation from two personas to its questions, and many of them at once.

The way of a conversation: personas → event graphs (both at once) → the days of the sessions → session by session the
turns and the notes → questions. Source: sections 3.1 to 3.3 of the paper.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from locomo.errors import IncompleteError, LocomoError
from locomo.generation import events, questions, sessions
from locomo.generation.dates import Calendar, session_days, time_of_day, written_date, written_time
from locomo.generation.events import Event
from locomo.generation.memory import LongTermMemory, Memory
from locomo.generation.notes import observe, reflect, summarise
from locomo.generation.personas import Pair, Persona, expand
from locomo.generation.sessions import FindPicture, SessionSetting, hold
from locomo.generation.settings import GenerationSettings
from locomo.generation.speaking import Speaker
from locomo.generation.step import ASKS, FEWER_ASKS, Steps, together
from locomo.llm import Client
from locomo.loops import run
from locomo.prompts import load
from locomo.retrieval.encoder import Encoder
from locomo.schema import Conversation, Observation, Question, Session

GENERATED: Final = "generated"
"""The key of a conversation, and of a question, that says that a model made it."""
PROMPTS: Final = "generate"


@dataclass(slots=True)
class Agent:
    """One of the two, with what happens to it and what it comes to think."""

    key: str
    persona: Persona
    events: list[Event]
    reflections: dict[int, str] = field(default_factory=dict)
    """By session."""

    def since(self, after: int, until: int, most: int) -> list[Event]:
        """Return the newest events after one day and until another."""
        return [event for event in self.events if after < event.day <= until][-most:]

    @property
    def thought(self) -> str:
        """What it has come to think last."""
        return list(self.reflections.values())[-1] if self.reflections else ""


@dataclass(frozen=True, slots=True)
class Generated:
    """A conversation and all that it was made from."""

    conversation: Conversation
    agents: tuple[Agent, Agent]
    calendar: Calendar
    steps: Steps


def most_requests(settings: GenerationSettings, *, given: bool) -> int:
    """Return how many requests one conversation can take: the bound that is enforced.

    `given` says that personas are not made. A service that promises to keep to a schema and does not is asked up to
    three times for one request.
    """
    notes = FEWER_ASKS * (2 + 1 + (2 if settings.reflections else 0))
    return (
        (0 if given else 2 * ASKS)
        + 2 * events.most_requests(settings.events)
        + settings.sessions * (sessions.most_requests(settings.max_turns, images=settings.images) + notes)
        + questions.most_requests(settings.questions)
    )


def generate(
    client: Client,
    settings: GenerationSettings,
    pairs: Sequence[Pair | tuple[Persona, Persona]],
    encoder: Encoder,
    *,
    on_session: Callable[[], None],
    find_picture: FindPicture | None = None,
) -> list[Generated]:
    """Return one conversation for each pair of personas; `on_session` is called after each session.

    IncompleteError if calls failed temporarily, when the other conversations are done; ProviderError where a model says
    nothing that can be used.
    """

    async def all_() -> list[Generated]:
        async def one(number: int, pair: Pair | tuple[Persona, Persona]) -> Generated | IncompleteError:
            try:
                return await converse(
                    client, settings, number, pair, encoder, on_session=on_session, find_picture=find_picture
                )
            except IncompleteError as error:
                return error

        try:
            results = await client.run([one(number, pair) for number, pair in enumerate(pairs, start=1)])
        finally:
            await client.provider.close()
        return [_or_raise(result) for result in results]

    return run(all_())


def _or_raise(result: Generated | LocomoError) -> Generated:
    if isinstance(result, LocomoError):
        raise result
    return result


async def converse(
    client: Client,
    settings: GenerationSettings,
    number: int,
    pair: Pair | tuple[Persona, Persona],
    encoder: Encoder,
    *,
    on_session: Callable[[], None],
    find_picture: FindPicture | None = None,
) -> Generated:
    """Return conversation `number` (from 1) of a run."""
    given = isinstance(pair[0], Persona)
    sample_id = f"gen-{settings.seed}-{number}"
    bound = most_requests(settings, given=given)
    steps = Steps(client, load(PROMPTS), sample_id, settings.seed, bound)
    calendar = Calendar.draw(settings.days, steps.pick("calendar"))
    a, b = await _personas(steps, pair)
    graph_a, graph_b = await together(
        events.grow(steps, "a", a, calendar, settings.events), events.grow(steps, "b", b, calendar, settings.events)
    )
    agents = (Agent("a", a, graph_a), Agent("b", b, graph_b))
    setting = SessionSetting(calendar, LongTermMemory(encoder), settings.max_turns, settings.images, find_picture)
    talk = _Talk(steps, settings, agents, setting)
    happens = [event.day for event in (*graph_a, *graph_b)]
    for session, day in enumerate(session_days(happens, settings.sessions, settings.days), start=1):
        await talk.hold(session, day)
        on_session()
    conversation = talk.conversation(sample_id)
    asked = await questions.write(steps, conversation, settings.questions)
    return Generated(conversation.model_copy(update={"questions": asked}), agents, calendar, steps)


async def _personas(steps: Steps, pair: Pair | tuple[Persona, Persona]) -> tuple[Persona, Persona]:
    first, second = pair
    a = first if isinstance(first, Persona) else await expand(steps, "a", first, None)
    b = second if isinstance(second, Persona) else await expand(steps, "b", second, a)
    return a, b


class _Talk:
    """A conversation while it is being held."""

    def __init__(
        self, steps: Steps, settings: GenerationSettings, agents: tuple[Agent, Agent], setting: SessionSetting
    ) -> None:
        self.steps = steps
        self.settings = settings
        self.agents = agents
        self.setting = setting
        self.sessions: list[Session] = []
        self.observations: list[Observation] = []
        self.summaries: dict[int, str] = {}
        self.events: dict[str, Any] = {}
        self._so_far = ""
        self._last_day = 0

    @property
    def names(self) -> tuple[str, str]:
        """Of both, in order."""
        return self.agents[0].persona.name, self.agents[1].persona.name

    async def hold(self, number: int, day: int) -> None:
        """Hold a session on a day and take notes of it."""
        pick = self.steps.pick(f"session-{number}")
        date = self.setting.calendar.date(day)
        written = written_date(date)
        told = [agent.since(self._last_day, day, self.settings.events_per_session) for agent in self.agents]
        speakers = [
            Speaker(agent.persona, self.names[1 - place], told[place], self._so_far, agent.thought)
            for place, agent in enumerate(self.agents)
        ]
        begins = pick.randrange(2)
        session = await hold(
            self.steps,
            self.setting,
            number,
            written_time(datetime.combine(date, time_of_day(pick))),
            (speakers[begins], speakers[1 - begins]),
        )
        self.sessions.append(session)
        self._last_day = day
        self.events[f"events_session_{number}"] = {
            **{name: [event.text for event in some] for name, some in zip(self.names, told, strict=True)},
            "date": written,
        }
        await self._take_notes(session, written)

    async def _take_notes(self, session: Session, date: str) -> None:
        observations, (summary,) = await asyncio.gather(
            together(*(observe(self.steps, self.names, session, name) for name in self.names)),
            together(summarise(self.steps, self.names, session, self._so_far)),
        )
        observed = [each for some in observations for each in some]
        self.observations += observed
        self.setting.memory.add([Memory(observation, date) for observation in observed])
        self.summaries[session.number], self._so_far = summary.session, summary.so_far
        if self.settings.reflections:
            texts = [observation.text for observation in observed]
            thoughts = await together(
                *(
                    reflect(
                        self.steps,
                        agent.key,
                        agent.persona,
                        self.names[1 - place],
                        session=session,
                        observations=texts,
                        before=agent.thought,
                    )
                    for place, agent in enumerate(self.agents)
                )
            )
            for agent, thought in zip(self.agents, thoughts, strict=True):
                agent.reflections[session.number] = thought

    def conversation(self, sample_id: str) -> Conversation:
        """Return what was said and noted, without questions yet."""
        return Conversation(
            sample_id=sample_id,
            speaker_a=self.names[0],
            speaker_b=self.names[1],
            sessions=self.sessions,
            questions=list[Question](),
            observations=self.observations,
            summaries=self.summaries,
            raw_observation=raw_observations(self.observations, self.names, len(self.sessions)),
            raw_event_summary=self.events,
            conversation_extra={},
            extra={
                GENERATED: {
                    "model": self.steps.model,
                    "seed": self.settings.seed,
                    "prompts": self.steps.prompts.version,
                }
            },
        )


def raw_observations(
    observations: Sequence[Observation], speakers: tuple[str, str], sessions: int
) -> dict[str, dict[str, list[list[Any]]]]:
    """Return observations in the released shape: a fact with the id of its turn, or with a list of several."""
    raw: dict[str, dict[str, list[list[Any]]]] = {
        f"session_{number}_observation": {name: [] for name in speakers} for number in range(1, sessions + 1)
    }
    for each in observations:
        ids = each.dia_ids[0] if len(each.dia_ids) == 1 else list(each.dia_ids)
        raw[f"session_{each.session}_observation"][each.speaker].append([each.text, ids])
    return raw
