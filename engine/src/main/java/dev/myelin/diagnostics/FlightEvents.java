package dev.myelin.diagnostics;

import jdk.jfr.FlightRecorder;

/**
 * Whether Flight Recorder may be recording. Event classes are used only if it may: loading the
 * first one initialises JFR, which takes 0.2 s, and images without {@code jdk.jfr} cannot load it.
 */
public final class FlightEvents {
  private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private FlightEvents() {}

  public static boolean isRecording() {
    return AVAILABLE && FlightRecorder.isInitialized();
  }
}
