"""Q2: what can these records not tell, and what would an insider add?"""
