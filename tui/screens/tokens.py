from nerspace.tui.screens.room import Room
class TokensRoom(Room): pass
