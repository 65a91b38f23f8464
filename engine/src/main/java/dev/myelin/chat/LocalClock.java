package dev.myelin.chat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** The system clock. Its time zone is read lazily, because loading the rules takes milliseconds. */
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
