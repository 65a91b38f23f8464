package dev.myelin.natives;

import dev.myelin.bindings.loader.GgmlBuild;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** The native libraries were loaded. */
@Name("dev.myelin.NativeLoad")
@Label("Native Libraries Load")
@Category("Myelin")
final class NativeLoadEvent extends Event {
  @Label("Folder")
  private String folder;

  @Label("Origin")
  private String origin;

  @Label("ggml Version")
  private String ggmlVersion;

  @Label("CPU Library of ggml")
  private String cpuLibrary;

  @Label("Instruction Set")
  @Description("Of Myelin's kernels; empty if ggml's are used")
  private String isa;

  NativeLoadEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(GgmlBuild build) {
    end();
    if (shouldCommit()) {
      folder = build.directory().toString();
      origin = build.origin();
      ggmlVersion = build.version();
      cpuLibrary = build.cpuLibrary().toString();
      isa = Isa.kernels();
      commit();
    }
  }
}
