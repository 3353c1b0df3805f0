# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' protobuf by hand: the messages of authentication.k8s.io/v1 and Status, as dictionaries.

Field numbers are those of generated.proto in k8s.io/apimachinery and k8s.io/api. A message is a dictionary of the
members that the JSON form has; what is absent is None, "" or an empty list. Encoding writes what Kubernetes' own encoder
writes: empty texts too.

    body = k8sproto.encode("TokenRequest", {"spec": {"audiences": ["a"], "expirationSeconds": 3600}})
    kind, version, answer = k8sproto.decode(response.read())
    assert answer["status"]["token"]
"""
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"
AUTHENTICATION = "authentication.k8s.io/v1"

# ---- the field table: message -> {number: (member, type)} -----------------------------------------------------------
# Types: "text", "bytes", "int", "bool"; the name of a message; with [] a list; with {} a map from text to that type.
# A "?" after it: Go has a pointer there, which is left out when it is None; everything else is always written.
MESSAGES = {
    "TypeMeta": {1: ("apiVersion", "text"), 2: ("kind", "text")},
    "Unknown": {1: ("typeMeta", "TypeMeta"), 2: ("raw", "bytes"), 3: ("contentEncoding", "text"),
                4: ("contentType", "text")},
    "Time": {1: ("seconds", "int?"), 2: ("nanos", "int?")},
    "ObjectMeta": {1: ("name", "text"), 2: ("generateName", "text"), 3: ("namespace", "text"), 4: ("selfLink", "text"),
                   5: ("uid", "text"), 6: ("resourceVersion", "text"), 7: ("generation", "int"),
                   8: ("creationTimestamp", "Time"), 12: ("annotations", "text{}")},
    "ListMeta": {1: ("selfLink", "text"), 2: ("resourceVersion", "text"), 3: ("continue", "text")},
    "BoundObjectReference": {1: ("kind", "text"), 2: ("apiVersion", "text"), 3: ("name", "text"), 4: ("uid", "text")},
    "TokenRequestSpec": {1: ("audiences", "text[]"), 3: ("boundObjectRef", "BoundObjectReference?"),
                         4: ("expirationSeconds", "int?")},
    "TokenRequestStatus": {1: ("token", "text"), 2: ("expirationTimestamp", "Time")},
    "TokenRequest": {1: ("metadata", "ObjectMeta"), 2: ("spec", "TokenRequestSpec"),
                     3: ("status", "TokenRequestStatus")},
    "TokenReviewSpec": {1: ("token", "text"), 2: ("audiences", "text[]")},
    "ExtraValue": {1: ("items", "text[]")},
    "UserInfo": {1: ("username", "text"), 2: ("uid", "text"), 3: ("groups", "text[]"), 4: ("extra", "ExtraValue{}")},
    "TokenReviewStatus": {1: ("authenticated", "bool"), 2: ("user", "UserInfo"), 3: ("error", "text"),
                          4: ("audiences", "text[]")},
    "TokenReview": {1: ("metadata", "ObjectMeta"), 2: ("spec", "TokenReviewSpec"), 3: ("status", "TokenReviewStatus")},
    "SelfSubjectReviewStatus": {1: ("userInfo", "UserInfo")},
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta"), 2: ("status", "SelfSubjectReviewStatus")},
    "StatusCause": {1: ("reason", "text"), 2: ("message", "text"), 3: ("field", "text")},
    "StatusDetails": {1: ("name", "text"), 2: ("group", "text"), 3: ("kind", "text"), 4: ("causes", "StatusCause[]"),
                      5: ("retryAfterSeconds", "int"), 6: ("uid", "text")},
    "Status": {1: ("metadata", "ListMeta"), 2: ("status", "text"), 3: ("message", "text"), 4: ("reason", "text"),
               5: ("details", "StatusDetails?"), 6: ("code", "int")},
}
EMPTY = {"text": "", "bytes": b"", "int": 0, "bool": False}


# ---- writing --------------------------------------------------------------------------------------------------------
def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def field(number, kind, value):
    """One field of a simple type or a message."""
    if kind in ("int", "bool"):
        return varint(number << 3) + varint(int(value))
    if kind == "text":
        value = value.encode() if isinstance(value, str) else value  # bytes: a text that is not UTF-8
    elif kind != "bytes":
        value = message(kind, value)
    return delimited(number, value)


def map_entry(number, kind, key, value):
    if kind == "ExtraValue":
        value = {"items": value}
    return delimited(number, field(1, "text", key) + field(2, kind, value))


def message(name, members):
    """The bytes of a message, its fields in the order of their numbers."""
    unknown = set(members) - {member for member, _ in MESSAGES[name].values()}
    assert not unknown, f"{name} has no {unknown}"
    out = b""
    for number, (member, kind) in sorted(MESSAGES[name].items()):
        value = members.get(member)
        if kind.endswith("[]"):
            out += b"".join(field(number, kind[:-2], element) for element in value or [])
        elif kind.endswith("{}"):
            out += b"".join(map_entry(number, kind[:-2], key, (value or {})[key]) for key in sorted(value or {}))
        elif kind.endswith("?"):
            out += b"" if value is None else field(number, kind[:-1], value)
        else:
            out += field(number, kind, EMPTY.get(kind, {}) if value is None else value)
    return out


def envelope(raw, kind, version=AUTHENTICATION):
    """Bytes of whatever object, as a body."""
    return MAGIC + message("Unknown", {"typeMeta": {"apiVersion": version, "kind": kind}, "raw": raw})


def encode(kind, members, version=AUTHENTICATION):
    """The body of a request: encode("TokenReview", {"spec": {"token": token}})."""
    return envelope(message(kind, members), kind, version)


# ---- reading --------------------------------------------------------------------------------------------------------
def take_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]  # IndexError: cut off
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
        assert shift < 70, "a varint that is too long"


def fields(data):
    """(number, value) of each field: an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = take_varint(data, at)
        value, at = take_varint(data, at)
        if tag & 7 == 2:
            assert at + value <= len(data), "a field that is cut off"
            value, at = data[at:at + value], at + value
        else:
            assert tag & 7 == 0, f"wire type {tag & 7}"
        yield tag >> 3, value


def take(kind, value):
    if kind in ("int", "bool"):
        value = value - (1 << 64) if value >= 1 << 63 else value
        return bool(value) if kind == "bool" else value
    if kind == "text":
        return value.decode()
    return value if kind == "bytes" else read(kind, value)


def read(name, data):
    """The members of a message that are there; a field that is not in the table fails."""
    out = {}
    for number, value in fields(data):
        member, kind = MESSAGES[name][number]
        if kind.endswith("[]"):
            out.setdefault(member, []).append(take(kind[:-2], value))
        elif kind.endswith("{}"):
            entry = dict(fields(value))
            content = take(kind[:-2], entry[2])
            out.setdefault(member, {})[entry[1].decode()] = content.get("items", []) if kind[0] == "E" else content
        else:
            assert member not in out, f"{name}.{member} is there twice"
            out[member] = take(kind.rstrip("?"), value)
    return out


def decode(body):
    """(kind, apiVersion, members) of a body: an answer, or a Status."""
    assert body.startswith(MAGIC), body[:16]
    unknown = read("Unknown", body[len(MAGIC):])
    assert unknown["contentEncoding"] == unknown["contentType"] == ""
    kind = unknown["typeMeta"]["kind"]
    return kind, unknown["typeMeta"]["apiVersion"], read(kind, unknown["raw"])
