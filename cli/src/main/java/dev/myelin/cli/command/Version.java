package dev.myelin.cli.command;

/** The version from the jar's manifest. */
public final class Version {
  private Version() {}

  public static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return "myelin " + (version == null ? "(not packaged)" : version);
  }
}
