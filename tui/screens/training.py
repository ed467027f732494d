from nerspace.tui.screens.room import Room
class TrainingRoom(Room): pass
