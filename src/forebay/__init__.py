"""Both ends of a home battery gateway's local protocol: client, recorder, emulator."""
