/** The myelin command. */
module dev.myelin.cli {
  requires com.fasterxml.jackson.databind;
  requires dev.myelin.bindings;
  requires dev.myelin.engine;
  requires info.picocli;
  requires java.desktop;
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires me.tongfei.progressbar;
  requires org.jline;
  requires org.knowm.xchart;

  exports dev.myelin.cli;
}
