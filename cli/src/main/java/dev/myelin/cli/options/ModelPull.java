package dev.myelin.cli.options;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.TextInput;
import dev.myelin.hub.HubException;
import dev.myelin.hub.ModelCheck;
import dev.myelin.hub.Pull;
import dev.myelin.hub.PullListener;
import dev.myelin.hub.StoredModel;
import java.io.IOException;

/** Downloads a model: says what it needs, asks if it cannot run, shows the progress. */
public final class ModelPull {
  private static final long MEGABYTE = 1_000_000;

  /** Must be empty for a proxy with user and password. Read when the HTTP client is loaded. */
  private static final String PROXY_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

  private ModelPull() {}

  /**
   * Downloads a model, and closes the pull.
   *
   * @param force whether a model that cannot run is downloaded too
   */
  public static StoredModel run(Subcommand command, Pull pull, boolean force) {
    Console console = command.console;
    try (pull;
        SignalHandler _ = SignalHandler.install(pull::cancel)) {
      if (!pull.isDownloaded()) {
        ModelCheck check = pull.check();
        console.err().print(CheckText.of(pull, check));
        console.err().flush();
        if (check.problem().isPresent() && !force) {
          confirm(console, pull, check.problem().get());
        }
      }
      try (Bars bars = new Bars(console)) {
        return pull.run(bars);
      }
    }
  }

  /** Lets a proxy ask for user and password before a tunnel to an https server. */
  public static void allowProxyPasswords() {
    if (System.getProperty(PROXY_SCHEMES) == null) {
      System.setProperty(PROXY_SCHEMES, "");
    }
  }

  private static void confirm(Console console, Pull pull, String problem) {
    if (console.interactive().getAsBoolean()) {
      console.err().print("Download it anyway? [y/N] ");
      console.err().flush();
      if (readLine(console).strip().toLowerCase(java.util.Locale.ROOT).startsWith("y")) {
        return;
      }
    }
    throw new HubException(
        pull.remote().name()
            + ": cannot run: "
            + problem
            + " (`myelin pull --force` downloads it)");
  }

  private static String readLine(Console console) {
    StringBuilder line = new StringBuilder();
    try {
      int c = console.in().read();
      while (c >= 0 && c != '\n' && line.length() < 100) {
        line.append((char) c);
        c = console.in().read();
      }
    } catch (IOException e) {
      throw TextInput.fileError("standard input", e);
    }
    return line.toString();
  }

  /** One bar for the download, then one for the sums. */
  private static final class Bars implements PullListener, AutoCloseable {
    private final Console console;
    private Progress bar;
    private boolean verifying;

    Bars(Console console) {
      this.console = console;
    }

    @Override
    public void downloaded(long bytes, long total) {
      step(false, bytes, total);
    }

    @Override
    public void verified(long bytes, long total) {
      step(true, bytes, total);
    }

    private void step(boolean isVerifying, long bytes, long total) {
      if (bar != null && verifying != isVerifying) {
        close();
      }
      if (bar == null) {
        verifying = isVerifying;
        bar = Progress.of(console, verifying ? "verify" : "download", total / MEGABYTE, " MB");
      }
      bar.stepTo(bytes / MEGABYTE);
    }

    @Override
    public void waiting() {
      console.note("waiting for another download of this model");
    }

    @Override
    public void close() {
      if (bar != null) {
        bar.close();
        bar = null;
      }
    }
  }
}
