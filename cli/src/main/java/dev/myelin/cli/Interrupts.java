package dev.myelin.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * What Ctrl-C does for a while. The JDK's only interface to signals is {@code sun.misc.Signal},
 * which javac warns of: it is reached by reflection, and where it is missing Ctrl-C ends the
 * process as ever.
 */
final class Interrupts implements AutoCloseable {
  private static final int KILLED = 128 + 2;

  private final Runnable action;
  private final boolean secondKills;
  private Object previous;
  private boolean came;

  private Interrupts(Runnable action, boolean secondKills) {
    this.action = action;
    this.secondKills = secondKills;
    previous = install(handler());
  }

  /** The first Ctrl-C does this, a second one ends the process. */
  static Interrupts once(Runnable action) {
    return new Interrupts(action, true);
  }

  /** Every Ctrl-C does this. */
  static Interrupts each(Runnable action) {
    return new Interrupts(action, false);
  }

  private synchronized void signalled() {
    if (came && secondKills) {
      Runtime.getRuntime().halt(KILLED);
    }
    came = true;
    action.run();
  }

  private Object handler() {
    InvocationHandler calls =
        (proxy, method, args) ->
            switch (method.getName()) {
              case "handle" -> {
                signalled();
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

  /** Returns the handler that was there before. */
  private static Object install(Object handler) {
    if (handler == null) {
      return null;
    }
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object interrupt = signal.getConstructor(String.class).newInstance("INT");
      return signal.getMethod("handle", signal, type).invoke(null, interrupt, handler);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** What was there before is there again. */
  @Override
  public void close() {
    install(previous);
    previous = null;
  }
}
