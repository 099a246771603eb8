package dev.lanekeeper.guards;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The built classes of the modules, by their simple names. */
final class ClassPath {

  /** What a value of the list is made with: a static method without arguments. */
  record Factory(String owner, boolean ofInterface, String name, String descriptor) {
    void call(MethodVisitor code) {
      code.visitMethodInsn(Opcodes.INVOKESTATIC, owner, name, descriptor, ofInterface);
    }
  }

  private static final List<Class<?>> OF_JAVA =
      List.of(
          java.util.Optional.class,
          List.class,
          java.util.Set.class,
          Map.class,
          String.class,
          Files.class,
          java.util.regex.Matcher.class,
          java.util.Arrays.class,
          java.time.Instant.class,
          Object.class);

  private final Map<String, List<Path>> files = new TreeMap<>();
  private final List<Path> folders;

  /** The classes and the test classes in the folders of these modules. */
  ClassPath(Path root, List<String> modules) throws IOException {
    this.folders = new ArrayList<>();
    for (String module : modules) {
      for (String kind : List.of("classes", "test-classes")) {
        Path folder = root.resolve(module).resolve("target").resolve(kind);
        folders.add(folder);
        try (Stream<Path> found = Files.walk(folder)) {
          found
              .filter(file -> file.toString().endsWith(".class"))
              .forEach(file -> add(file.getFileName().toString().replace(".class", ""), file));
        }
      }
    }
  }

  private void add(String name, Path file) {
    files.computeIfAbsent(name, none -> new ArrayList<>()).add(file);
  }

  /** The folders, in the order of the class path. */
  List<Path> folders() {
    return folders;
  }

  private Path file(String simpleName) {
    List<Path> found = files.getOrDefault(simpleName, List.of());
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          "expected one class " + simpleName + ", found " + found.size());
    }
    return found.get(0);
  }

  /** The bytes of one of our classes. */
  byte[] bytes(String simpleName) throws IOException {
    return Files.readAllBytes(file(simpleName));
  }

  /** The whole name of one of our classes, or of one of Java's, with slashes. */
  String name(String simpleName) throws IOException {
    for (Class<?> type : OF_JAVA) {
      if (type.getSimpleName().equals(simpleName)) {
        return Type.getInternalName(type);
      }
    }
    return new ClassReader(bytes(simpleName)).getClassName();
  }

  /** A static method without arguments. */
  Factory factory(String type, String method) {
    try {
      List<Factory> found = new ArrayList<>();
      ClassReader reader =
          files.containsKey(type)
              ? new ClassReader(bytes(type))
              : new ClassReader(name(type).replace('/', '.'));
      boolean ofInterface = (reader.getAccess() & Opcodes.ACC_INTERFACE) != 0;
      methods(
          reader,
          m -> {
            if (m.equals(method) || m.startsWith(method + "()")) {
              found.add(
                  new Factory(
                      reader.getClassName(), ofInterface, method, m.substring(method.length())));
            }
          });
      if (found.size() != 1) {
        throw new IllegalArgumentException("expected a method " + method + "() of " + type);
      }
      return found.get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void methods(ClassReader reader, Consumer<String> each) {
    reader.accept(
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] thrown) {
            if ((access & Opcodes.ACC_STATIC) != 0) {
              each.accept(name + descriptor);
            }
            return null;
          }
        },
        ClassReader.SKIP_CODE);
  }
}
