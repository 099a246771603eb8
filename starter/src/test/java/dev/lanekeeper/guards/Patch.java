package dev.lanekeeper.guards;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * A guard, what stands in its place, and the tests that must notice.
 *
 * @param words the guard, for people
 * @param guard the method that is changed
 * @param called the calls in it that are left out; empty when its whole body is
 * @param value what the body or the calls give instead
 * @param tests the tests of which one must fail
 */
record Patch(
    String words, Symbol guard, Optional<Symbol> called, String value, List<String> tests) {

  /** A method by the simple name of its class, {@code Outer$Inner} for a nested one. */
  record Symbol(String type, String method) {
    @Override
    public String toString() {
      return type + "#" + method;
    }

    /** Whether a method of the class is meant; what its lambdas do, it does. */
    boolean covers(String name) {
      return name.equals(method) || name.startsWith("lambda$" + method + "$");
    }
  }

  private static final String SYMBOL = "([\\w$]+)#([\\w$]+|<init>)";

  private static final Pattern LINE =
      Pattern.compile(
          "("
              + SYMBOL
              + "(?: calls "
              + SYMBOL
              + ")? = (nothing|true|false|argument|[A-Z]\\w*\\.\\w+\\(\\))) +\\| +(\\S+(?:, \\S+)*)");

  /** Reads {@code Class#method [calls Class#method] = VALUE | TEST, TEST}. */
  static Patch of(String line) {
    Matcher found = LINE.matcher(line);
    if (!found.matches()) {
      throw new IllegalArgumentException(
          "expected Class#method [calls Class#method] = VALUE | TEST, TEST, found " + line);
    }
    return new Patch(
        found.group(1),
        new Symbol(found.group(2), found.group(3)),
        Optional.ofNullable(found.group(4)).map(type -> new Symbol(type, found.group(5))),
        found.group(6),
        Arrays.asList(found.group(7).split(", ")));
  }

  /**
   * The class without the guard.
   *
   * @throws IllegalArgumentException when a symbol is not found, or nothing changes
   */
  byte[] apply(ClassPath classes) throws IOException {
    byte[] before = classes.bytes(guard.type());
    Optional<String> owner = Optional.empty();
    if (called.isPresent()) {
      owner = Optional.of(classes.name(called.get().type()));
    }
    Changing changing = new Changing(classes, owner);
    new ClassReader(before).accept(changing, 0);
    byte[] after = changing.writer.toByteArray();
    if (changing.changes == 0 || Arrays.equals(before, after)) {
      throw new IllegalArgumentException(words + ": nothing in " + guard + " changes");
    }
    return after;
  }

  /** Copies a class, but for the guard. */
  private final class Changing extends ClassVisitor {
    private final ClassWriter writer;
    private final ClassPath classes;
    private final Optional<String> owner;
    private int changes;

    Changing(ClassPath classes, Optional<String> owner) {
      super(Opcodes.ASM9);
      this.classes = classes;
      this.owner = owner;
      // What stands on the stack at a jump stays what it was, and so do the frames.
      this.writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
      this.cv = writer;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor copy = super.visitMethod(access, name, descriptor, signature, exceptions);
      if (owner.isPresent()) {
        return guard.covers(name) ? new WithoutCalls(copy) : copy;
      }
      if (!name.equals(guard.method()) || (access & Opcodes.ACC_ABSTRACT) != 0) {
        return copy;
      }
      changes++;
      copy.visitCode();
      Type result = Type.getReturnType(descriptor);
      if (value.equals("argument")) {
        copy.visitVarInsn(result.getOpcode(Opcodes.ILOAD), (access & Opcodes.ACC_STATIC) / 8 ^ 1);
      } else {
        push(copy, result);
      }
      copy.visitInsn(result.getOpcode(Opcodes.IRETURN));
      copy.visitMaxs(0, 0);
      copy.visitEnd();
      // Its own instructions go nowhere.
      return null;
    }

    private void push(MethodVisitor code, Type result) {
      switch (value) {
        case "true", "false" -> {
          if (result.getSort() != Type.BOOLEAN) {
            throw new IllegalArgumentException(words + ": expected a truth value, found " + result);
          }
          code.visitInsn(value.equals("true") ? Opcodes.ICONST_1 : Opcodes.ICONST_0);
        }
        case "nothing" -> {
          if (result.getSort() != Type.VOID) {
            code.visitInsn(result.getSort() < Type.ARRAY ? Opcodes.ICONST_0 : Opcodes.ACONST_NULL);
          }
        }
        default -> {
          int dot = value.indexOf('.');
          classes
              .factory(value.substring(0, dot), value.substring(dot + 1, value.length() - 2))
              .call(code);
        }
      }
    }

    /** Copies a method, but for the calls: their arguments go, the value comes. */
    private final class WithoutCalls extends MethodVisitor {
      WithoutCalls(MethodVisitor copy) {
        super(Opcodes.ASM9, copy);
      }

      @Override
      public void visitMethodInsn(
          int opcode, String in, String name, String descriptor, boolean itf) {
        if (!in.equals(owner.orElseThrow()) || !name.equals(called.orElseThrow().method())) {
          super.visitMethodInsn(opcode, in, name, descriptor, itf);
          return;
        }
        changes++;
        Type[] arguments = Type.getArgumentTypes(descriptor);
        for (int i = arguments.length - 1; i >= 0; i--) {
          visitInsn(arguments[i].getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
        }
        if (opcode != Opcodes.INVOKESTATIC) {
          visitInsn(Opcodes.POP);
        }
        push(mv, Type.getReturnType(descriptor));
      }
    }
  }
}
