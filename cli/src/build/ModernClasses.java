import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites jars of old classes so that an ahead-of-time cache takes them: JDK 25 leaves out those
 * compiled for Java 5, as picocli's are, and verifies them at every start. Their bytecode stays as
 * it is; they get stack maps and the version of Java 8.
 *
 * <p>Run by {@code cli/bin/make-aot-cache}: java ModernClasses.java JAR...
 */
final class ModernClasses {
  /** The first class file version that is cached; Java 6. */
  private static final int CACHED = ClassFile.JAVA_6_VERSION;

  private static final int MAGIC = 0xCAFEBABE;
  private static final int MAJOR_AT = 6;

  private ModernClasses() {}

  public static void main(String[] jars) throws IOException {
    for (String jar : jars) {
      upgrade(Path.of(jar));
    }
  }

  private static void upgrade(Path jar) throws IOException {
    Path upgraded = jar.resolveSibling(jar.getFileName() + ".new");
    boolean changed = false;
    try (ZipFile from = new ZipFile(jar.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        OutputStream file = Files.newOutputStream(upgraded);
        ZipOutputStream to = new ZipOutputStream(file)) {
      ClassFile format =
          ClassFile.of(
              StackMapsOption.GENERATE_STACK_MAPS,
              ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)));
      for (ZipEntry entry : Collections.list(from.entries())) {
        byte[] bytes = from.getInputStream(entry).readAllBytes();
        boolean old = isOld(bytes);
        changed |= old;
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTime(entry.getTime());
        to.putNextEntry(copy);
        to.write(old ? modern(format, bytes) : bytes);
        to.closeEntry();
      }
    }
    if (changed) {
      Files.move(upgraded, jar, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(upgraded);
    }
  }

  private static boolean isOld(byte[] bytes) {
    ByteBuffer head = ByteBuffer.wrap(bytes);
    return bytes.length > MAJOR_AT + 2
        && head.getInt(0) == MAGIC
        && head.getShort(MAJOR_AT) < CACHED;
  }

  private static byte[] modern(ClassFile format, byte[] bytes) {
    ClassTransform version =
        (builder, element) ->
            builder.with(
                element instanceof ClassFileVersion
                    ? ClassFileVersion.of(ClassFile.JAVA_8_VERSION, 0)
                    : element);
    // bodies that pass through a transformation get stack maps
    ClassTransform bodies = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
    return format.transformClass(format.parse(bytes), bodies.andThen(version));
  }
}
