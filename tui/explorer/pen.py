"""Fewer bytes for the same screen: a terminal is told what changes of its pen, and only before something shows it.

Textual writes every stretch of a line with its whole style and takes all of it back behind it, some 50 bytes each in
exact colors. Over SSH these bytes are what a page waits for.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from textual.drivers.linux_driver import LinuxDriver

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
# Moves of the cursor, which neither show nor keep the pen.
_MOVES = re.compile(r"\x1b\[[0-9;]*[ABCDGHd]|\x1b\[\?2026[hl]")
# Attribute → the code that ends it; bold and dim end together.
_ENDS = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 6: 25, 7: 27, 8: 28, 9: 29, 21: 24, 53: 55}
# Attributes that show on a blank.
_ON_BLANKS = frozenset({4, 5, 6, 7, 9, 21, 53})


class Style(NamedTuple):
    """What a pen writes with: codes of the foreground and the background, "" for the terminal's own; attributes."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[int] = frozenset()


PLAIN = Style()


@lru_cache(4096)
def _styled(before: Style, codes: str) -> Style | None:
    """A style behind a sequence of codes; None if one of them is not known here."""
    foreground, background, attributes = before.foreground, before.background, set(before.attributes)
    rest = [int(code or 0) for code in codes.split(";")]
    while rest:
        code = rest.pop(0)
        if code in (38, 48):
            wanted = {5: 2, 2: 4}.get(rest[0] if rest else -1)
            if wanted is None or len(rest) < wanted:
                return None
            color = ";".join(map(str, (code, *rest[:wanted])))
            del rest[:wanted]
            foreground, background = (color, background) if code == 38 else (foreground, color)
        elif code == 0:
            foreground, background, attributes = "", "", set()
        elif 30 <= code <= 37 or 90 <= code <= 97:
            foreground = str(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            background = str(code)
        elif code == 39:
            foreground = ""
        elif code == 49:
            background = ""
        elif code in _ENDS:
            attributes.add(code)
        elif code in _ENDS.values():
            attributes = {attribute for attribute in attributes if _ENDS[attribute] != code}
        else:
            return None
    return Style(foreground, background, frozenset(attributes))


@lru_cache(4096)
def _change(shown: Style | None, wanted: Style) -> str:
    """The shortest sequence from one style to another; from None, of which nothing is known, all of it."""
    whole = [str(code) for code in sorted(wanted.attributes)]
    whole += [color for color in (wanted.foreground, wanted.background) if color]
    fresh = ";".join(["0", *whole]) if whole else "0"
    if shown is None:
        return f"\x1b[{fresh}m"
    if shown == wanted:
        return ""
    ended = {_ENDS[attribute] for attribute in shown.attributes - wanted.attributes}
    # Ending bold ends dim as well.
    kept = {attribute for attribute in shown.attributes & wanted.attributes if _ENDS[attribute] not in ended}
    parts = [str(code) for code in sorted(ended)]
    parts += [str(code) for code in sorted(wanted.attributes - kept)]
    if shown.foreground != wanted.foreground:
        parts.append(wanted.foreground or "39")
    if shown.background != wanted.background:
        parts.append(wanted.background or "49")
    change = ";".join(parts)
    return f"\x1b[{change if len(change) <= len(fresh) else fresh}m".replace("\x1b[0m", "\x1b[m")


class Pen:
    """Rewrites what is sent to a terminal so that it says less and shows the same."""

    def __init__(self) -> None:
        # What the terminal writes with, as far as it is known, and what it ought to.
        self._shown: Style | None = None
        self._wanted = PLAIN

    def thin(self, data: str) -> str:
        """The same output in fewer bytes. Behind it the terminal has the pen that the output leaves it with."""
        sent: list[str] = []
        end = 0
        for match in _SGR.finditer(data):
            self._text(data[end : match.start()], sent)
            end = match.end()
            styled = _styled(self._wanted, match[1])
            if styled is None:
                # Neither followed nor changed; what it did is forgotten with the next reset.
                self._set(self._wanted, sent)
                sent.append(match[0])
                self._shown = None
            else:
                self._wanted = styled
        self._text(data[end:], sent)
        # Others may write between two outputs.
        self._set(self._wanted, sent)
        return "".join(sent)

    def _text(self, text: str, sent: list[str]) -> None:
        if not text:
            return
        written = _MOVES.sub("", text) if "\x1b" in text else text
        if "\x1b" in written or not written.isascii() or written.strip(" \r\n"):
            self._set(self._wanted, sent)
            if "\x1b" in written:
                # Whatever else it says may change the pen too.
                self._shown = None
        elif " " in written:
            self._set(self._on_blanks(), sent)
        sent.append(text)

    def _on_blanks(self) -> Style:
        """The wanted style, but for what blanks do not show."""
        shown, wanted = self._shown, self._wanted
        both = wanted.attributes | (shown.attributes if shown else frozenset())
        return wanted if shown is None or both & _ON_BLANKS else shown._replace(background=wanted.background)

    def _set(self, style: Style, sent: list[str]) -> None:
        sent.append(_change(self._shown, style))
        self._shown = style


class ThriftyDriver(LinuxDriver):
    """Textual's own driver, with fewer bytes for the same screen."""

    def start_application_mode(self) -> None:
        """Begin with a terminal of which nothing is known, also behind ctrl+z."""
        self._pen = Pen()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Write what the screen needs of the data."""
        super().write(self._pen.thin(data))
