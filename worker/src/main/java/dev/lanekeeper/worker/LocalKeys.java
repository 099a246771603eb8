package dev.lanekeeper.worker;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Key pairs in a folder: {@code NAME.key} (PKCS #8 PEM, readable by its owner only), {@code
 * NAME.pub}.
 */
public final class LocalKeys {

  private static final long LIMIT = 64 << 10;

  /** What is done before a key is written. */
  interface Before {
    /** Called before a new key is written to the disk. */
    void writing() throws IOException;
  }

  private final Root folder;
  private final String publicRights;
  private final Before before;

  /** Keys in this folder, which need not exist; public halves are for everybody to read. */
  public LocalKeys(Path folder) {
    this(Root.at(folder, Rights.OWN), "rw-r--r--", () -> {});
  }

  /** The keys of a home, none of whose files is anybody else's to read. */
  LocalKeys(Root folder, Before before) {
    this(folder, "rw-------", before);
  }

  private LocalKeys(Root folder, String publicRights, Before before) {
    this.folder = folder;
    this.publicRights = publicRights;
    this.before = before;
  }

  /**
   * The key of a name, to sign with.
   *
   * @throws KeyFileException when one of its two files holds something else
   */
  public Optional<SigningKey> find(String name) throws IOException {
    Optional<byte[]> privateKey = folder.find(name + ".key", LIMIT);
    Optional<VerifyKey> publicKey = publicKey(name);
    return privateKey.isPresent() && publicKey.isPresent()
        ? Optional.of(signing(folder.path(name + ".key"), privateKey.get(), publicKey.get()))
        : Optional.empty();
  }

  /**
   * The public half of a name's key; the private one is not opened.
   *
   * @throws KeyFileException when its file holds something else
   */
  public Optional<VerifyKey> publicKey(String name) throws IOException {
    Optional<byte[]> bytes = folder.find(name + ".pub", LIMIT);
    return bytes.isPresent()
        ? Optional.of(verifying(folder.path(name + ".pub"), bytes.get()))
        : Optional.empty();
  }

  /**
   * The public key in a file that a person names.
   *
   * @throws KeyFileException when it is not there, or holds something else
   */
  public static VerifyKey publicKey(Path file) throws IOException {
    return verifying(file, bytes(file, "a public key, NAME.pub"));
  }

  /**
   * The key pair whose private half is this file; its public half stands beside it, under the same
   * name with {@code .pub} for an ending.
   *
   * @throws KeyFileException when either is not there, or holds something else
   */
  public static SigningKey ofFile(Path privateKey) throws IOException {
    byte[] key = bytes(privateKey, "a private key, NAME.key");
    Path half = publicHalf(privateKey);
    return signing(
        privateKey, key, verifying(half, bytes(half, "the public half of " + privateKey)));
  }

  /** Where the public half of a private key's file stands. */
  public static Path publicHalf(Path privateKey) {
    String name = privateKey.getFileName().toString().replaceFirst("\\.(key|pem)$", "");
    return privateKey.resolveSibling(name + ".pub");
  }

  private static byte[] bytes(Path file, String expected) throws IOException {
    try {
      return Named.read(file, LIMIT);
    } catch (NoSuchFileException e) {
      throw KeyFileException.missing(file, expected);
    }
  }

  private static VerifyKey verifying(Path file, byte[] text) throws IOException {
    try {
      return VerifyKey.inText(text(text));
    } catch (IllegalArgumentException e) {
      throw KeyFileException.invalid(file, e);
    }
  }

  private static SigningKey signing(Path file, byte[] text, VerifyKey publicHalf)
      throws IOException {
    try {
      return SigningKey.inText(text(text), publicHalf);
    } catch (IllegalArgumentException e) {
      throw KeyFileException.invalid(file, e);
    }
  }

  private static String text(byte[] pem) {
    return new String(pem, StandardCharsets.UTF_8);
  }

  /**
   * Makes a key pair.
   *
   * @throws FileAlreadyExistsException when either half of one of that name is there
   */
  public SigningKey create(String name) throws IOException {
    before.writing();
    folder.make();
    for (String half : List.of(name + ".key", name + ".pub")) {
      if (folder.kind(half) != Kind.ABSENT) {
        throw new FileAlreadyExistsException(folder.path(half).toString());
      }
    }
    SigningKey key = SigningKey.generate();
    place(name + ".key", "rw-------", key.privatePem());
    place(name + ".pub", publicRights, key.verifyKey().pem());
    return key;
  }

  /** Puts a file there whole: a crash leaves it or nothing. */
  private void place(String name, String rights, String text) throws IOException {
    folder.replace(
        name, text.getBytes(StandardCharsets.US_ASCII), PosixFilePermissions.fromString(rights));
  }

  /**
   * The key of a name, made if there is none; a private half alone, left by a crash, is made anew.
   */
  public SigningKey findOrCreate(String name) throws IOException {
    before.writing();
    folder.make();
    // Two workers that start at once in a new home must not each make half of the pair.
    try (StoreLock lock = StoreLock.take(folder, "lock")) {
      Optional<SigningKey> found = find(name);
      if (found.isPresent()) {
        return found.get();
      }
      if (folder.kind(name + ".pub") != Kind.ABSENT) {
        throw KeyFileException.missing(
            folder.path(name + ".key"), "the private half of " + folder.path(name + ".pub"));
      }
      folder.delete(name + ".key");
      return create(name);
    }
  }

  /** Whether a key's private half is here; neither is opened to sign. */
  public boolean holds(Digest thumbprint, String name) {
    try {
      return folder.kind(name + ".key") == Kind.FILE
          && publicKey(name).filter(key -> key.thumbprint().equals(thumbprint)).isPresent();
    } catch (IOException e) {
      return false;
    }
  }
}
