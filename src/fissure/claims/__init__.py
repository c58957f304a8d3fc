"""Q4: does history support "all successful X had Y"?"""
