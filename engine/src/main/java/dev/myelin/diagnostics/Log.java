package dev.myelin.diagnostics;

import java.util.Locale;

/**
 * The log of the library: {@link System.Logger} {@code dev.myelin}. Callers ask whether a level is
 * logged before they build a message.
 */
public final class Log {
  /** The system property that turns the log off if its value is {@code off}. */
  public static final String PROPERTY = "dev.myelin.logging";

  private static final String NAME = "dev.myelin";

  /** Asking a logger loads hundreds of classes, which takes as long as loading a model. */
  private static final class Holder {
    static final System.Logger LOGGER = System.getLogger(NAME);
  }

  private static boolean on = !"off".equals(System.getProperty(PROPERTY));

  private Log() {}

  /** Turns the log off unless the property is set: for programs with messages of their own. */
  public static void offByDefault() {
    if (System.getProperty(PROPERTY) == null) {
      on = false;
    }
  }

  public static boolean isDebug() {
    return on && Holder.LOGGER.isLoggable(System.Logger.Level.DEBUG);
  }

  public static boolean isWarning() {
    return on && Holder.LOGGER.isLoggable(System.Logger.Level.WARNING);
  }

  /** What a user of the library may want to know; never for each token. */
  public static void debug(String message) {
    if (on) {
      Holder.LOGGER.log(System.Logger.Level.DEBUG, message);
    }
  }

  /** A problem that does not prevent the work, but its result or speed may not be as expected. */
  public static void warning(String message) {
    if (on) {
      Holder.LOGGER.log(System.Logger.Level.WARNING, message);
    }
  }

  /** For messages: 12.3 MB. */
  public static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  /** For messages: 12.3 ms. */
  public static String milliseconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }
}
