package dev.myelin.cli.command;

import dev.myelin.file.OutputFile;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What Ctrl-C, SIGTERM and SIGHUP do for a while: the first of them ends the work cleanly, a second
 * one ends the process at once. Outside of this they end it at once, as by the JVM's own handlers.
 *
 * <p>The JDK's only interface to signals is {@code sun.misc.Signal}, which javac warns of: it is
 * reached by reflection, and where it is missing a signal ends the process.
 */
public final class Interrupts implements AutoCloseable {
  private static final String[] NAMES = {"INT", "TERM", "HUP"};

  /** What a shell adds to a signal's number to make an exit status. */
  private static final int SIGNALLED = 128;

  private static final int SIGINT = 2;

  private static final long PATIENCE_MILLIS = 500;

  /** SIGTERM's or SIGHUP's number once it came: the process is to end, not only the work. */
  private static volatile int ending;

  /** Done before a second signal ends the process. */
  private static volatile Runnable lastly = () -> {};

  private final Runnable action;
  private final AtomicBoolean came = new AtomicBoolean();
  private final Object[] previous = new Object[NAMES.length];

  private Interrupts(Runnable action) {
    this.action = action;
    Object handler = handler();
    for (int i = 0; i < NAMES.length; i++) {
      previous[i] = install(NAMES[i], handler);
    }
  }

  /** The first signal does this, a second one ends the process whatever it is doing. */
  public static Interrupts once(Runnable action) {
    return new Interrupts(action);
  }

  /** Does this before a second signal ends the process: restores what nothing else would. */
  public static void lastly(Runnable action) {
    lastly = action;
  }

  /** Whether the process was told to end, which outlasts the work that was interrupted. */
  public static boolean ending() {
    return ending != 0;
  }

  /** The exit status: the one given, unless SIGTERM or SIGHUP ended the process. */
  public static int status(int otherwise) {
    return ending == 0 ? otherwise : SIGNALLED + ending;
  }

  /** Waits for no lock: other threads may hold any. */
  private void signalled(int number) throws InterruptedException {
    if (number != SIGINT) {
      ending = number;
    }
    if (came.getAndSet(true)) {
      try {
        OutputFile.deleteUnfinished();
        // in a thread of its own, as a terminal that was stopped by Ctrl-S takes nothing
        Thread.ofPlatform().daemon().start(lastly).join(Duration.ofMillis(PATIENCE_MILLIS));
      } finally {
        Runtime.getRuntime().halt(SIGNALLED + number);
      }
    }
    action.run();
  }

  private Object handler() {
    InvocationHandler calls =
        (proxy, method, args) ->
            switch (method.getName()) {
              case "handle" -> {
                signalled((int) args[0].getClass().getMethod("getNumber").invoke(args[0]));
                yield null;
              }
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == args[0];
              default -> "Interrupts";
            };
    try {
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Returns the handler that was there before; null where there is no such signal. */
  private static Object install(String name, Object handler) {
    if (handler == null) {
      return null;
    }
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object interrupt = signal.getConstructor(String.class).newInstance(name);
      return signal.getMethod("handle", signal, type).invoke(null, interrupt, handler);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** What was there before is there again. */
  @Override
  public void close() {
    for (int i = 0; i < NAMES.length; i++) {
      install(NAMES[i], previous[i]);
      previous[i] = null;
    }
  }
}
