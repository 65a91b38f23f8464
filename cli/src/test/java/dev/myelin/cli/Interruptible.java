package dev.myelin.cli;

/** A process that says when Ctrl-C comes and otherwise does nothing, for {@link ProcessTest}. */
final class Interruptible {
  private Interruptible() {}

  public static void main(String[] args) throws InterruptedException {
    Console console = Console.system();
    try (Interrupts _ = Interrupts.once(() -> console.println("interrupted"))) {
      console.println("ready");
      Thread.sleep(60_000);
    }
  }
}
