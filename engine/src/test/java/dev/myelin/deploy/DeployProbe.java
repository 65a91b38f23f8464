package dev.myelin.deploy;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Main program of {@link DeployTest}'s child process: a server whose applications each contain the
 * engine, one after the other or concurrently.
 */
final class DeployProbe {
  private static final int APPLICATIONS = 3;

  private DeployProbe() {}

  public static void main(String[] args) throws Exception {
    List<URL> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      path.add(Path.of(entry).toUri().toURL());
    }
    URL[] classPath = path.toArray(URL[]::new);
    if (args[0].equals("again")) {
      for (int i = 1; i <= APPLICATIONS; i++) {
        WeakReference<ClassLoader> loader = deploy(i, classPath, args[1], args[2]);
        for (int k = 0; k < 40 && loader.get() != null; k++) {
          System.gc();
          Thread.sleep(25);
        }
        System.out.println(i + (loader.get() == null ? " gone" : " still reachable"));
      }
    } else {
      atOnce(classPath, args[1], args[2]);
    }
  }

  private static WeakReference<ClassLoader> deploy(
      int number, URL[] classPath, String what, String model) throws Exception {
    ClassLoader loader = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
    application(loader, what, model).call();
    System.out.println(number + " works");
    return new WeakReference<>(loader);
  }

  /** Starts all applications concurrently, each in its own thread. */
  private static void atOnce(URL[] classPath, String what, String model) throws Exception {
    List<Object> results = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < APPLICATIONS; i++) {
      ClassLoader loader = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
      Callable<?> application = application(loader, what, model);
      Thread thread =
          new Thread(
              () -> {
                try {
                  Object result = application.call();
                  synchronized (results) {
                    results.add(result);
                  }
                } catch (Exception e) {
                  e.printStackTrace(System.out);
                }
              });
      // null, as in threads attached by native code
      thread.setContextClassLoader(null);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    for (int i = 1; i <= results.size(); i++) {
      System.out.println(i + " works");
    }
    Set<Object> different = new HashSet<>(results);
    System.out.println(
        different.size() == 1 ? "all of them compute the same" : "they differ: " + different);
  }

  private static Callable<?> application(ClassLoader loader, String what, String model)
      throws Exception {
    var constructor =
        loader
            .loadClass("dev.myelin.deploy.Application")
            .getDeclaredConstructor(String.class, String.class);
    constructor.setAccessible(true);
    return (Callable<?>) constructor.newInstance(what, model);
  }
}
