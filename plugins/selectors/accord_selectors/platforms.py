"""The platforms that handles belong to, and how their names are written."""

from __future__ import annotations

PLATFORMS = {
    "snapchat": "snapchat snap snapp snapchats sc snpchat snapchatt snapch",
    "instagram": "instagram insta ig instagr instagrm instagran intagram instaqram lnstagram",
    "twitter": "twitter twtr twiter",
    "kik": "kik",
    "telegram": "telegram tg telegrm",
    "wechat": "wechat weixin wechatid",
    "facebook": "facebook fb",
    "tiktok": "tiktok",
    "onlyfans": "onlyfans of",
    "line": "line",
    "skype": "skype",
    "discord": "discord",
    "cashapp": "cashapp",
    "venmo": "venmo",
    "reddit": "reddit",
    "fansly": "fansly",
    "paypal": "paypal",
    "twitch": "twitch",
    "tumblr": "tumblr",
    "pinterest": "pinterest",
    "vk": "vk",
    "switter": "switter",
    "bluesky": "bluesky bsky",
    "threads": "threads",
    "youtube": "youtube",
    "wickr": "wickr",
    "threema": "threema",
    "session": "session",
    "signal": "signal",
    "linktree": "linktree linktr",
}
PLATFORM_OF = {word: platform for platform, words in PLATFORMS.items() for word in words.split()}
LEET_SIGNS = {"i": "1!", "o": "0", "e": "3", "a": "4@", "s": "5$"}
"""What is written for a letter of a platform's name."""
LEET_WHOLE = "snap snapchat insta instagram telegram twitter facebook tiktok onlyfans kik".split()
_COMMON = frozenset({"", "in", "nap", "book"})
LEET_NAMES = frozenset(
    max(parts, key=len)
    for name in LEET_WHOLE
    for i, letter in enumerate(name)
    if letter in LEET_SIGNS and (parts := {name[:i], name[i + 1 :]} - _COMMON)
)
"""The letters that are left beside a sign that stands for one of a platform's name, the telling ones."""
SPLIT_NAMES = {
    "snap chat": "snapchat",
    "insta gram": "instagram",
    "tele gram": "telegram",
    "face book": "facebook",
    "you tube": "youtube",
    "cash app": "cashapp",
    "only fans": "onlyfans",
    "we chat": "wechat",
    "tik tok": "tiktok",
}
SITES = {
    "instagram.com": "instagram",
    "twitter.com": "twitter",
    "x.com": "twitter",
    "snapchat.com/add": "snapchat",
    "t.me": "telegram",
    "telegram.me": "telegram",
    "kik.me": "kik",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "tiktok.com": "tiktok",
    "onlyfans.com": "onlyfans",
    "reddit.com/user": "reddit",
    "reddit.com/u": "reddit",
    "venmo.com": "venmo",
    "venmo.com/u": "venmo",
    "fansly.com": "fansly",
    "paypal.me": "paypal",
    "twitch.tv": "twitch",
    "vk.com": "vk",
    "switter.at": "switter",
    "bsky.app/profile": "bluesky",
    "threads.net": "threads",
    "allmylinks.com": "allmylinks",
    "beacons.ai": "beacons",
    "cash.app": "cashapp",
    "linktr.ee": "linktree",
    "youtube.com": "youtube",
}
