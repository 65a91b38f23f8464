package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.peer.LlamaCpp;
import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** The main program of {@link LoaderTest}'s processes: loads, and prints the result. */
final class LoaderProbe {
  private static final int THREADS = 16;

  private LoaderProbe() {}

  public static void main(String[] args) throws Exception {
    try {
      System.out.println(
          switch (args[0]) {
            case "load" -> load();
            case "llama" -> "loaded " + LlamaCpp.load();
            case "concurrently" -> concurrently();
            case "twice" -> withHome(args[1]) + "\n" + withHome(args[2]);
            case "jars" ->
                loadInNewClassLoader(List.of(args[1]))
                    + "\n"
                    + loadInNewClassLoader(List.of(args[2]));
            default -> throw new IllegalArgumentException(args[0]);
          });
    } catch (NativeLoadException e) {
      System.out.println(e.getClass().getSimpleName() + " " + e.getMessage());
      loadAgain(e);
    }
  }

  /** Keeps the class loaders reachable. */
  private static final List<ClassLoader> LOADERS = new ArrayList<>();

  private static String withHome(String home) throws Exception {
    System.setProperty("myelin.home", home);
    return loadInNewClassLoader(List.of());
  }

  /** Loads in a class loader with the class path and more folders. */
  private static String loadInNewClassLoader(List<String> folders) throws Exception {
    List<URL> path = new ArrayList<>();
    for (String folder : folders) {
      path.add(Path.of(folder).toUri().toURL());
    }
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      path.add(Path.of(entry).toUri().toURL());
    }
    ClassLoader loader =
        new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    LOADERS.add(loader);
    Class<?> probe = loader.loadClass(LoaderProbe.class.getName());
    Method answer = probe.getDeclaredMethod("result");
    answer.setAccessible(true);
    return (String) answer.invoke(null);
  }

  /** The loaded build, or the failure. */
  static String result() {
    try {
      return load();
    } catch (NativeLoadException e) {
      return e.getClass().getSimpleName() + " " + e.getMessage();
    }
  }

  private static String load() {
    GgmlBuild build = NativeLibraries.load();
    return "loaded " + build.origin() + " " + build.directory();
  }

  /** A failure is kept: the next call throws the same. */
  private static void loadAgain(NativeLoadException first) {
    try {
      LlamaCpp.load();
      System.out.println("but the second call succeeded");
    } catch (NativeLoadException e) {
      if (!e.getMessage().equals(first.getMessage())) {
        System.out.println("but the second call says " + e.getMessage());
      }
    }
  }

  private static String concurrently() throws InterruptedException {
    Set<GgmlBuild> builds = Collections.newSetFromMap(new IdentityHashMap<>());
    CountDownLatch ready = new CountDownLatch(THREADS);
    CountDownLatch done = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      Thread.ofPlatform()
          .start(
              () -> {
                ready.countDown();
                try {
                  ready.await();
                  GgmlBuild build = NativeLibraries.load();
                  synchronized (builds) {
                    builds.add(build);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } finally {
                  done.countDown();
                }
              });
    }
    done.await();
    return builds.size() + " build";
  }
}
