"""Slow, obvious twins of the agents and cascades, written from the description of the models."""

import math


def sees(settings, vision, a, b):
    """Whether a cell is in sight of another one."""
    dr, dc = abs(a[0] - b[0]), abs(a[1] - b[1])
    if settings.is_torus:
        dr, dc = min(dr, settings.height - dr), min(dc, settings.width - dc)
    if settings.neighbourhood == "moore":
        return max(dr, dc) <= vision
    return dr + dc <= vision


def rounded(ratio, how):
    """The arrest ratio, as the setting says."""
    return {"none": ratio, "floor": float(math.floor(ratio)), "round": float(round(ratio))}[how]


class Town:
    """Citizens and cops, each a dictionary; every look counts everyone anew."""

    def __init__(self, settings, agents, grievance, fear, offsets, rng):
        self.settings, self.agents, self.rng = settings, agents, rng
        for agent, g, r in zip(agents, grievance, fear, strict=True):
            agent |= {"g": g, "r": r}
        self.sight, self.reach = offsets

    def near(self, agent, vision):
        """Others in sight who are on the grid."""
        gone = self.settings.jail == "removed"
        return [
            a
            for a in self.agents
            if a is not agent
            and not (gone and a["state"] == "jail")
            and sees(self.settings, vision, a["at"], agent["at"])
        ]

    def is_empty(self, cell):
        gone = self.settings.jail == "removed"
        return not any(a["at"] == cell and not (gone and a["state"] == "jail") for a in self.agents)

    def cells(self, agent, offsets):
        """Cells in sight, in order of the offsets; None outside the grid."""
        s = self.settings
        for dr, dc in offsets:
            r, c = agent["at"][0] + dr, agent["at"][1] + dc
            if s.is_torus:
                yield r % s.height, c % s.width
            else:
                yield (r, c) if 0 <= r < s.height and 0 <= c < s.width else None

    def wish(self, agent):
        """G − R (1 − exp(−k C/A)) > T."""
        s, others = self.settings, self.near(agent, self.settings.vision)
        cops = sum(a["state"] == "cop" for a in others)
        active = 1 + sum(a["state"] == "active" for a in others)
        p = 1 - math.exp(-s.constant * rounded(cops / active, s.rounding))
        return agent["g"] - agent["r"] * p > s.threshold

    def arrest(self, cop):
        """One active citizen, each equally likely: the kth found replaces the one before by 1/k."""
        found, chosen = 0, None
        for cell in self.cells(cop, self.reach):
            for a in self.agents:
                if cell is not None and a["at"] == cell and a["state"] == "active":
                    found += 1
                    if self.rng.random() * found < 1:
                        chosen = a
        if chosen is not None:
            least = 0 if self.settings.has_zero_term else 1
            span = self.settings.most_term - least + 1
            chosen["state"], chosen["term"] = "jail", least + int(self.rng.random() * span)

    def move(self, agent, offsets, tries):
        """A random empty cell in sight: blind tries first, then the same rule as for arrests."""
        cells = list(self.cells(agent, offsets))
        for _ in range(tries):
            cell = cells[int(self.rng.random() * len(cells))]
            if cell is not None and self.is_empty(cell):
                agent["at"] = cell
                return
        found, chosen = 0, None
        for cell in cells:
            if cell is not None and self.is_empty(cell):
                found += 1
                if self.rng.random() * found < 1:
                    chosen = cell
        agent["at"] = chosen or agent["at"]

    def turn(self, agent, tries):
        """What one agent does in one step."""
        s = self.settings
        if agent["state"] == "jail":
            if agent["term"] > 0:
                agent["term"] -= 1
                return
            if s.jail == "removed":
                while True:
                    r, c = int(self.rng.random() * s.height), int(self.rng.random() * s.width)
                    if self.is_empty((r, c)):
                        agent["at"] = (r, c)
                        break
            agent["state"] = "quiet"
        offsets = self.reach
        if agent["state"] in ("quiet", "active"):
            agent["state"] = "active" if self.wish(agent) else "quiet"
            offsets = self.sight
        elif agent["state"] == "cop" and s.is_arresting:
            self.arrest(agent)
        if s.is_moving:
            self.move(agent, offsets, tries)

    def step(self, order, tries):
        """Everyone's turn, and how many are then active and in jail."""
        if self.settings.order == "random":
            for k in range(len(order) - 1, 0, -1):
                j = int(self.rng.random() * (k + 1))
                order[k], order[j] = order[j], order[k]
        for i in order:
            self.turn(self.agents[i], tries)
        states = [a["state"] for a in self.agents]
        return [states.count("active"), states.count("jail")]


def cascade(thresholds, elites, friends, pulls, joined):
    """Everyone looks, then all whose threshold is met join; until nobody does."""
    joined, turned = list(joined), [False] * len(elites)
    while True:
        members, above = sum(joined) / len(joined), sum(turned) / len(turned)
        new = [
            was
            or (sum(joined[f] for f in mine) / len(mine) if mine else members) + pulls[0] * above
            >= t
            for was, t, mine in zip(joined, thresholds, friends, strict=True)
        ]
        over = [w or above + pulls[1] * members >= t for w, t in zip(turned, elites, strict=True)]
        if new == joined and over == turned:
            return sum(joined) / len(joined), sum(turned) / len(turned)
        joined, turned = new, over
