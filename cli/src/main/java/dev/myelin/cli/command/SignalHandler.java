package dev.myelin.cli.command;

import dev.myelin.file.OutputFile;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Handles SIGINT (Ctrl-C), SIGTERM and SIGHUP until it is closed. The first signal runs an action
 * that ends the work cleanly, the second one ends the process at once. Without a handler the JVM
 * ends the process at once.
 *
 * <p>The JDK's only interface to signals is {@code sun.misc.Signal}. javac warns about it, so it is
 * called by reflection. Where it is missing, any signal ends the process.
 */
public final class SignalHandler implements AutoCloseable {
  private static final String[] NAMES = {"INT", "TERM", "HUP"};

  /** Added to a signal's number to give the exit status, as shells do. */
  private static final int SIGNAL_BASE = 128;

  private static final int SIGINT = 2;

  private static final long CLEANUP_MILLIS = 500;

  /** The number of SIGTERM or SIGHUP once received: the process ends, not only the work. */
  private static volatile int terminatingSignal;

  /** Runs before the second signal ends the process. */
  private static volatile Runnable cleanup = () -> {};

  private final Runnable action;
  private final AtomicBoolean received = new AtomicBoolean();
  private final Object[] previous = new Object[NAMES.length];

  private SignalHandler(Runnable action) {
    this.action = action;
    Object handler = newProxy();
    for (int i = 0; i < NAMES.length; i++) {
      previous[i] = setHandler(NAMES[i], handler);
    }
  }

  /** Installs a handler that runs the action at the first signal. */
  public static SignalHandler install(Runnable action) {
    return new SignalHandler(action);
  }

  /** Sets what runs before the second signal ends the process, such as restoring the terminal. */
  public static void setCleanup(Runnable action) {
    cleanup = action;
  }

  /** Whether SIGTERM or SIGHUP was received: the process must end after the interrupted work. */
  public static boolean isTerminating() {
    return terminatingSignal != 0;
  }

  /** The exit status: as given, or that of SIGTERM or SIGHUP if one was received. */
  public static int exitStatus(int status) {
    return terminatingSignal == 0 ? status : SIGNAL_BASE + terminatingSignal;
  }

  /** Takes no locks: other threads may hold them. */
  private void onSignal(int number) throws InterruptedException {
    if (number != SIGINT) {
      terminatingSignal = number;
    }
    if (received.getAndSet(true)) {
      try {
        OutputFile.deleteUnfinished();
        // in its own thread: a write to a terminal stopped by Ctrl-S blocks
        Thread.ofPlatform()
            .daemon()
            .name("myelin-cleanup")
            .start(cleanup)
            .join(Duration.ofMillis(CLEANUP_MILLIS));
      } finally {
        Runtime.getRuntime().halt(SIGNAL_BASE + number);
      }
    }
    action.run();
  }

  private Object newProxy() {
    InvocationHandler calls =
        (proxy, method, args) ->
            switch (method.getName()) {
              case "handle" -> {
                onSignal((int) args[0].getClass().getMethod("getNumber").invoke(args[0]));
                yield null;
              }
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == args[0];
              default -> "SignalHandler";
            };
    try {
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Returns the previous handler; null if there is no such signal. */
  private static Object setHandler(String name, Object handler) {
    if (handler == null) {
      return null;
    }
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object instance = signal.getConstructor(String.class).newInstance(name);
      return signal.getMethod("handle", signal, type).invoke(null, instance, handler);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Restores the previous handlers. */
  @Override
  public void close() {
    for (int i = 0; i < NAMES.length; i++) {
      setHandler(NAMES[i], previous[i]);
      previous[i] = null;
    }
  }
}
