package dev.myelin.cli.io;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Detects terminals. */
public final class Terminals {
  static final int IN = 0;
  public static final int OUT = 1;
  static final int ERR = 2;

  private Terminals() {}

  /** Whether the file descriptor is a terminal, by C's isatty. */
  public static boolean isTerminal(int descriptor) {
    Linker linker = Linker.nativeLinker();
    String name = System.getProperty("os.name").startsWith("Windows") ? "_isatty" : "isatty";
    FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    try {
      return linker
          .defaultLookup()
          .find(name)
          .map(f -> call(linker.downcallHandle(f, type), descriptor) != 0)
          .orElse(false);
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static int call(MethodHandle isatty, int descriptor) {
    try {
      return (int) isatty.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
