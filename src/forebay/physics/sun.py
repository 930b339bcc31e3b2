"""Solar power of a roof: clear-sky irradiance on a tilted plane, and clouds.

The position of the sun is good to a hundredth of a degree or two, without
refraction (U.S. Naval Observatory, "Computing Approximate Solar Coordinates").
Direct light follows Meinel's attenuation with air mass, diffuse light is a
tenth of it plus the ground's share; good to about ten percent on a clear day,
which is what an emulated roof needs. Source: A. and M. Meinel, Applied Solar
Energy (1976).
"""

from __future__ import annotations

from math import asin, atan2, cos, degrees, exp, pi, radians, sin

_SOLAR_CONSTANT = 1361.0  # W/m²
_J2000_S = 946_728_000.0  # noon of 1 January 2000 UTC, seconds since 1970


def position(at_s: float, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return elevation and azimuth of the sun [°]; azimuth from north over east, 180 is south.

    at_s: seconds since 1970 UTC. Valid between 1950 and 2050, and good enough around that.
    """
    days = (at_s - _J2000_S) / 86_400
    anomaly = radians(357.529 + 0.98560028 * days)
    longitude = radians(280.459 + 0.98564736 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.00000036 * days)
    sine_declination = sin(tilt) * sin(longitude)
    cosine_declination = (1 - sine_declination * sine_declination) ** 0.5
    ascension = atan2(cos(tilt) * sin(longitude), cos(longitude))
    sidereal = radians((280.46061837 + 360.98564736629 * days) % 360)
    hour = sidereal + radians(longitude_deg) - ascension
    latitude = radians(latitude_deg)
    sine_height = sin(latitude) * sine_declination + cos(latitude) * cosine_declination * cos(hour)
    south = atan2(
        sin(hour) * cosine_declination,
        cos(hour) * cosine_declination * sin(latitude) - sine_declination * cos(latitude),
    )
    return degrees(asin(max(-1.0, min(1.0, sine_height)))), (degrees(south) + 180) % 360


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
    if cover <= 0:
        return 1.0
    return 0.25 if cover >= 1 else 1.0 - 0.75 * float(cover**3.4)


def string_power_w(irradiance_w_m2: float, peak_w: float, performance: float = 0.8) -> float:
    """Return the power of a string at an irradiance [W]; peak_w is at 1000 W/m²."""
    return peak_w * performance * irradiance_w_m2 / 1000


def morning_haze(elevation_deg: float) -> float:
    """Return the share of light left near the horizon, 0–1: roofs have neighbours."""
    return 1 - exp(-max(0.0, elevation_deg) / (pi * 1.2))
