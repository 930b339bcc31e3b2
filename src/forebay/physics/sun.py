"""Solar power of a roof: clear-sky irradiance on a tilted plane, and clouds.

The position of the sun comes from the caller. Direct light follows Meinel's
attenuation with air mass, diffuse light is a tenth of it plus the ground's
share; good to about ten percent on a clear day, which is what an emulated
roof needs. Source: A. and M. Meinel, Applied Solar Energy (1976).
"""

from __future__ import annotations

from math import cos, exp, pi, radians, sin

_SOLAR_CONSTANT = 1361.0  # W/m²


def air_mass(elevation_deg: float) -> float:
    """Return the relative path of light through the air (Kasten and Young 1989)."""
    height = max(elevation_deg, 0.1)
    return float(1 / (sin(radians(height)) + 0.50572 * (height + 6.07995) ** -1.6364))


def plane_irradiance_w_m2(elevation_deg: float, azimuth_deg: float, tilt_deg: float, facing_deg: float) -> float:
    """Return the clear-sky irradiance on a plane [W/m²].

    azimuth_deg, facing_deg: from north over east, 180 is south. 0 below the horizon.
    """
    if elevation_deg <= 0:
        return 0.0
    direct = _SOLAR_CONSTANT * 0.7 ** (air_mass(elevation_deg) ** 0.678)
    height, tilt = radians(elevation_deg), radians(tilt_deg)
    incidence = sin(height) * cos(tilt) + cos(height) * sin(tilt) * cos(radians(azimuth_deg - facing_deg))
    diffuse = 0.1 * direct * (1 + cos(tilt)) / 2
    return float(max(0.0, direct * incidence) + diffuse)


def through_clouds(cover: float) -> float:
    """Return the share of light that passes a cloud cover of 0–1 (Kasten and Czeplak 1980)."""
    return 1.0 - 0.75 * float(min(1.0, max(0.0, cover)) ** 3.4)


def string_power_w(irradiance_w_m2: float, peak_w: float, performance: float = 0.8) -> float:
    """Return the power of a string at an irradiance [W]; peak_w is at 1000 W/m²."""
    return peak_w * performance * irradiance_w_m2 / 1000


def morning_haze(elevation_deg: float) -> float:
    """Return the share of light left near the horizon, 0–1: roofs have neighbours."""
    return 1 - exp(-max(0.0, elevation_deg) / (pi * 1.2))
