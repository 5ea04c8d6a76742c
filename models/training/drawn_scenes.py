"""Simple drawn scenes with and without a person, so that a rendered demonstration picture works too."""
from __future__ import annotations

import cv2
import numpy as np

SKIN = ((255, 219, 185), (236, 188, 150), (198, 134, 92), (141, 85, 52), (92, 58, 40), (240, 240, 240), (60, 60, 60))


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    return tuple(int(v) for v in rng.integers(0, 256, 3))


def background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Plain, shaded, room-like or outdoor background."""
    top, bottom = np.array(_colour(rng), float), np.array(_colour(rng), float)
    kind = rng.integers(4)
    if kind == 0:
        bottom = top
    ramp = np.linspace(0, 1, size)[:, None, None]
    image = np.broadcast_to(top * (1 - ramp) + bottom * ramp, (size, size, 3)).astype(np.uint8).copy()
    if kind == 2:  # room: wall, floor, window or door
        floor = int(size * rng.uniform(0.55, 0.9))
        cv2.rectangle(image, (0, floor), (size, size), _colour(rng), -1)
        for _ in range(rng.integers(0, 3)):
            x, y = rng.integers(0, size), rng.integers(0, floor)
            corner = (int(x + size * rng.uniform(0.1, 0.4)), int(min(floor, y + size * rng.uniform(0.15, 0.7))))
            cv2.rectangle(image, (int(x), int(y)), corner, _colour(rng), -1)
            cv2.rectangle(image, (int(x), int(y)), corner, _colour(rng), int(rng.integers(1, 4)))
    if kind == 3:  # outdoors: sky, ground, sun
        ground = int(size * rng.uniform(0.5, 0.85))
        cv2.rectangle(image, (0, ground), (size, size), _colour(rng), -1)
        if rng.random() < 0.5:
            cv2.circle(image, (int(rng.integers(0, size)), int(size * rng.uniform(0.05, 0.35))),
                       int(size * rng.uniform(0.04, 0.1)), _colour(rng), -1, cv2.LINE_AA)
    return image


def add_objects(rng: np.random.Generator, image: np.ndarray, count: int) -> None:
    """Things that are no person: boxes, balls, tables, lamps, trees, posts, bottles, chairs, houses."""
    size = image.shape[0]
    for _ in range(count):
        x, base = int(rng.integers(0, size)), int(size * rng.uniform(0.5, 1.0))
        w, h = int(size * rng.uniform(0.08, 0.35)), int(size * rng.uniform(0.15, 0.8))
        colour, second = _colour(rng), _colour(rng)
        kind = rng.integers(8)
        if kind == 0:
            cv2.rectangle(image, (x, base - h), (x + w, base), colour, -1)
        elif kind == 1:
            cv2.circle(image, (x, base - w // 2), max(2, w // 2), colour, -1, cv2.LINE_AA)
        elif kind == 2:  # table
            cv2.rectangle(image, (x, base - h // 2), (x + 2 * w, base - h // 2 + max(2, h // 12)), colour, -1)
            for leg in (x + 2, x + 2 * w - 2):
                cv2.line(image, (leg, base - h // 2), (leg, base), colour, max(1, w // 10))
        elif kind == 3:  # lamp
            cv2.line(image, (x, base), (x, base - h), colour, max(1, w // 12))
            shade = np.array([[x - w // 2, base - h + w // 2], [x + w // 2, base - h + w // 2],
                              [x + w // 4, base - h], [x - w // 4, base - h]])
            cv2.fillPoly(image, [shade], second, cv2.LINE_AA)
        elif kind == 4:  # tree: a trunk under a round or pointed crown
            cv2.rectangle(image, (x - w // 10, base - h // 2), (x + w // 10, base), colour, -1)
            if rng.random() < 0.5:
                cv2.ellipse(image, (x, base - h * 2 // 3), (w // 2 + 1, h // 3 + 1), 0, 0, 360, second, -1, cv2.LINE_AA)
            else:
                cv2.fillPoly(image, [np.array([[x - w // 2, base - h // 3], [x + w // 2, base - h // 3], [x, base - h]])],
                             second, cv2.LINE_AA)
        elif kind == 5:  # bottle or vase
            cv2.ellipse(image, (x, base - h // 4), (w // 3 + 1, h // 4 + 1), 0, 0, 360, colour, -1, cv2.LINE_AA)
            cv2.rectangle(image, (x - w // 9, base - h * 2 // 3), (x + w // 9, base - h // 4), colour, -1)
        elif kind == 6:  # chair
            cv2.line(image, (x, base), (x, base - h), colour, max(2, w // 8))
            cv2.line(image, (x, base - h // 2), (x + w, base - h // 2), colour, max(2, w // 8))
            cv2.line(image, (x + w, base - h // 2), (x + w, base), colour, max(2, w // 8))
        else:  # house
            cv2.rectangle(image, (x - w // 2, base - h // 2), (x + w // 2, base), colour, -1)
            cv2.fillPoly(image, [np.array([[x - w * 2 // 3, base - h // 2], [x + w * 2 // 3, base - h // 2], [x, base - h]])],
                         second, cv2.LINE_AA)


def add_person(rng: np.random.Generator, image: np.ndarray) -> None:
    """A figure of a head, a torso and limbs: standing, walking, waving, seated or cut by the frame."""
    size = image.shape[0]
    tall = size * rng.choice([rng.uniform(0.35, 0.6), rng.uniform(0.6, 0.95), rng.uniform(0.95, 1.9)])
    centre = size * rng.uniform(0.2, 0.8)
    top = size * rng.uniform(0.03, 0.12) if tall > 0.85 * size else rng.uniform(0.03 * size, size - tall)
    skin = SKIN[rng.integers(len(SKIN))]
    shirt, trousers, hair, shoes = (_colour(rng) for _ in range(4))
    if rng.random() < 0.15:  # a silhouette or a pictogram
        shirt = trousers = hair = shoes = skin = _colour(rng)
    head = tall * rng.uniform(0.06, 0.085)
    wide = tall * rng.uniform(0.09, 0.14)

    def at(dx: float, dy: float) -> tuple[int, int]:
        return int(round(centre + dx)), int(round(top + dy))

    shoulder, hip = 2.4 * head, tall * rng.uniform(0.48, 0.56)
    seated = rng.random() < 0.15
    foot = tall if not seated else hip + tall * 0.28
    leg = max(2, int(tall * rng.uniform(0.05, 0.08)))
    arm = max(2, int(tall * rng.uniform(0.035, 0.055)))
    for side in (-1, 1):  # legs
        spread = wide * rng.uniform(0.2, 1.2)
        if seated:
            knee = at(side * wide * 0.5 + wide * 1.6, hip + leg / 2)
            cv2.line(image, at(side * wide * 0.5, hip), knee, trousers, leg, cv2.LINE_AA)
        else:
            knee = at(side * (0.5 * wide + 0.5 * spread) * 0.8, (hip + foot) / 2)
            cv2.line(image, at(side * wide * 0.5, hip), knee, trousers, leg, cv2.LINE_AA)
        ankle = (knee[0] if seated else at(side * spread, 0)[0], at(0, foot - head * 0.3)[1])
        cv2.line(image, knee, ankle, trousers, leg, cv2.LINE_AA)
        cv2.ellipse(image, (ankle[0] + side * leg // 3, ankle[1]), (leg, max(1, leg // 2)), 0, 0, 360, shoes, -1, cv2.LINE_AA)
    cv2.line(image, at(0, head * 1.5), at(0, shoulder), skin, max(2, int(head * 0.7)), cv2.LINE_AA)
    torso = np.array([at(-wide, shoulder), at(wide, shoulder), at(wide * rng.uniform(0.6, 1.0), hip),
                      at(-wide * rng.uniform(0.6, 1.0), hip)])
    if rng.random() < 0.5:
        cv2.ellipse(image, at(0, shoulder), (int(wide), max(1, int(head * 0.5))), 0, 180, 360, shirt, -1, cv2.LINE_AA)
    cv2.fillPoly(image, [torso], shirt, cv2.LINE_AA)
    cv2.ellipse(image, at(0, hip), (int(wide * 0.8) + 1, leg // 2 + 1), 0, 0, 360, trousers, -1, cv2.LINE_AA)
    for side in (-1, 1):  # arms
        bend, lift = rng.uniform(0.1, 1.3), rng.uniform(-0.6, 1.0)
        elbow = (side * wide * (1 + bend * 0.6), shoulder + tall * 0.15 * max(lift, -0.4))
        hand = (elbow[0] + side * wide * rng.uniform(-0.5, 0.7), elbow[1] + tall * 0.15 * lift)
        cv2.line(image, at(side * wide * 0.95, shoulder + arm / 2), at(*elbow), shirt, arm, cv2.LINE_AA)
        cv2.line(image, at(*elbow), at(*hand), shirt if rng.random() < 0.5 else skin, arm, cv2.LINE_AA)
        cv2.circle(image, at(*hand), max(2, int(arm * 0.7)), skin, -1, cv2.LINE_AA)
    if rng.random() < 0.3:  # long hair behind the head
        cv2.ellipse(image, at(0, head * 1.4), (int(head * 1.05), int(head * 1.7)), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(image, at(0, head), (max(1, int(head * 0.8)), max(2, int(head))), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(image, at(0, head * 0.75), (max(1, int(head * 0.85)), max(1, int(head * 0.75))), 0, 180, 360, hair, -1,
                cv2.LINE_AA)
    if rng.random() < 0.7 and head > 3:
        dark = tuple(int(v) for v in np.array(skin) // 3)
        for side in (-1, 1):
            cv2.circle(image, at(side * head * 0.3, head * 0.95), max(1, int(head * 0.1)), dark, -1, cv2.LINE_AA)
        cv2.ellipse(image, at(0, head * 1.35), (max(1, int(head * 0.3)), max(1, int(head * 0.15))), 0, 0, 180, dark,
                    max(1, int(head * 0.08)), cv2.LINE_AA)


def scene(rng: np.random.Generator, size: int, person: bool, behind: np.ndarray | None = None) -> np.ndarray:
    """One RGB picture, `size` pixels square, drawn at twice the size; `behind` replaces the drawn background."""
    large = size * 2
    image = background(rng, large) if behind is None else cv2.resize(behind, (large, large))
    add_objects(rng, image, int(rng.integers(0, 4)) if person else int(rng.integers(0, 6)))
    if person:
        for _ in range(1 if rng.random() < 0.8 else 2):
            add_person(rng, image)
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
