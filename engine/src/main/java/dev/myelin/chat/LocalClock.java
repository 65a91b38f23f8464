package dev.myelin.chat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** The system's clock; its time zone, whose rules take milliseconds to load, is read when asked. */
final class LocalClock extends Clock {
  @Override
  public ZoneId getZone() {
    return ZoneId.systemDefault();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return Clock.system(zone);
  }

  @Override
  public Instant instant() {
    return Instant.now();
  }
}
