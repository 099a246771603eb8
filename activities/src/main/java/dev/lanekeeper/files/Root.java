package dev.lanekeeper.files;

import dev.lanekeeper.canonical.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A folder that no name leaves. A name is relative, with {@code /} between its segments; it is
 * resolved segment by segment, each parent must be a real folder, and what is opened is a regular
 * file that is opened without following a link. Every method that takes a name refuses one that is
 * no such name with an {@link IllegalArgumentException}, and says that another kind of file is in
 * the way with a {@link WrongKindException}.
 *
 * <p>The folder itself is its owner's choice and may be a link. Between looking at a segment and
 * opening the file under it there is a moment in which who may write to that folder can change it.
 */
public final class Root {

  private final Path base;
  private final String prefix;
  private final Rights rights;

  private Root(Path base, String prefix, Rights rights) {
    this.base = base;
    this.prefix = prefix;
    this.rights = rights;
  }

  /** A folder, which need not exist. */
  public static Root at(Path folder, Rights rights) {
    return new Root(folder.toAbsolutePath().normalize(), "", rights);
  }

  /** A folder in this one, which need not exist. */
  public Root sub(String name, Rights rightsThere) {
    checked(name);
    return new Root(base, prefix + name + "/", rightsThere);
  }

  /** The same with the same rights. */
  public Root sub(String name) {
    return sub(name, rights);
  }

  /** Where the folder is, for messages. */
  public Path path() {
    return prefix.isEmpty() ? base : base.resolve(prefix);
  }

  /** Where a name is, for messages. */
  public Path path(String name) {
    return at(whole(name));
  }

  /** What is at a name; a parent that is not there makes it absent. */
  public Kind kind(String name) throws IOException {
    Optional<Path> parent = parent(whole(name));
    return parent.isEmpty() ? Kind.ABSENT : look(path(name), LinkOption.NOFOLLOW_LINKS);
  }

  /** What is at the folder's own place. */
  public Kind kind() throws IOException {
    return prefix.isEmpty() ? look(base) : top().kind(inTop());
  }

  /**
   * The bytes of a file, read once.
   *
   * @param limit how many it may be
   * @throws NoSuchFileException when it is not there
   * @throws TooLargeException when it is larger
   */
  public byte[] read(String name, long limit) throws IOException {
    return read(open(name, Set.of(StandardOpenOption.READ)), path(name), limit);
  }

  /** The same of a file that may be absent. */
  public Optional<byte[]> find(String name, long limit) throws IOException {
    try {
      return Optional.of(read(name, limit));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The digest of a file of any size. */
  public Digest digest(String name) throws IOException {
    try (InputStream in =
        new DigestInputStream(
            Channels.newInputStream(open(name, Set.of(StandardOpenOption.READ))), sha256())) {
      in.transferTo(OutputStream.nullOutputStream());
      return new Digest(
          HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest()));
    }
  }

  /** How many bytes a file holds now. */
  public long size(String name) throws IOException {
    return attributes(name).size();
  }

  /** When a file was changed last. */
  public Instant modified(String name) throws IOException {
    return attributes(name).lastModifiedTime().toInstant();
  }

  /** Whether two names are links to one file. */
  public boolean same(String name, Root other, String otherName) throws IOException {
    return kind(name) == Kind.FILE
        && other.kind(otherName) == Kind.FILE
        && attributes(name).fileKey().equals(other.attributes(otherName).fileKey());
  }

  /** The names in a folder of this one, sorted. */
  public List<String> list(String name) throws IOException {
    require(path(name), Kind.FOLDER, kind(name));
    return names(path(name));
  }

  /** The names in this folder, sorted. */
  public List<String> list() throws IOException {
    require(path(), Kind.FOLDER, kind());
    return names(path());
  }

  /**
   * All that is in this folder and the folders in it, but the folders themselves; links are named,
   * not followed.
   *
   * @param limit how many files it may be
   * @throws TooLargeException when there are more
   */
  public NavigableMap<String, Kind> walk(int limit) throws IOException {
    return walk(limit, name -> false);
  }

  /**
   * The same without what is passed over.
   *
   * @param passOver names of files, and of folders that are not looked into
   */
  public NavigableMap<String, Kind> walk(int limit, Predicate<String> passOver) throws IOException {
    NavigableMap<String, Kind> found = new TreeMap<>();
    for (String name : list()) {
      walk(name, limit, passOver, found);
    }
    return found;
  }

  private void walk(
      String name, int limit, Predicate<String> passOver, NavigableMap<String, Kind> found)
      throws IOException {
    if (passOver.test(name)) {
      return;
    }
    Kind kind = kind(name);
    if (kind == Kind.FOLDER) {
      for (String below : list(name)) {
        walk(name + "/" + below, limit, passOver, found);
      }
    } else if (kind != Kind.ABSENT) {
      found.put(name, kind);
      if (found.size() > limit) {
        throw new TooLargeException(path(), limit + " files");
      }
    }
  }

  /** Makes this folder with its parents, where they are not there. */
  public void make() throws IOException {
    if (prefix.isEmpty()) {
      if (look(base) != Kind.FOLDER) {
        Files.createDirectories(base.getParent());
        makeOne(base);
      }
    } else {
      top().folders(inTop(), rights);
    }
  }

  /** Makes a folder with its parents, where they are not there. */
  public void folders(String name) throws IOException {
    checked(name);
    make();
    folders(name, rights);
  }

  private void folders(String name, Rights rightsThere) throws IOException {
    Path at = path();
    if (prefix.isEmpty()) {
      make();
    }
    for (String segment : segments(name)) {
      at = at.resolve(segment);
      Kind kind = look(at, LinkOption.NOFOLLOW_LINKS);
      if (kind == Kind.ABSENT) {
        new Root(base, "", rightsThere).makeOne(at);
      } else {
        require(at, Kind.FOLDER, kind);
      }
    }
  }

  private void makeOne(Path folder) throws IOException {
    try {
      Files.createDirectory(folder, attribute(rights.folder()));
      if (rights.folder().isPresent()) {
        Files.setPosixFilePermissions(folder, rights.folder().get());
      }
    } catch (FileAlreadyExistsException e) {
      // Another has just made it.
      require(folder, Kind.FOLDER, look(folder, LinkOption.NOFOLLOW_LINKS));
    }
  }

  /**
   * Writes a new file and forces it to disk.
   *
   * @throws FileAlreadyExistsException when anything is there
   */
  public void create(String name, byte[] bytes) throws IOException {
    create(name, bytes, rights.file());
  }

  private void create(String name, byte[] bytes, Optional<Set<PosixFilePermission>> mode)
      throws IOException {
    Path file = reached(name);
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS),
            attribute(mode));
    try (channel) {
      if (mode.isPresent()) {
        Files.setPosixFilePermissions(file, mode.get());
      }
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Puts a file there whole, in the place of an older one. */
  public void replace(String name, byte[] bytes) throws IOException {
    replace(name, bytes, rights.file());
  }

  /** The same with rights of its own, whatever the umask. */
  public void replace(String name, byte[] bytes, Set<PosixFilePermission> mode) throws IOException {
    replace(name, bytes, Optional.of(mode));
  }

  private void replace(String name, byte[] bytes, Optional<Set<PosixFilePermission>> mode)
      throws IOException {
    checked(name);
    String fresh = name + ".new-" + UUID.randomUUID();
    create(fresh, bytes, mode);
    moveOver(fresh, this, name);
  }

  /** Makes a second name for a file; fails where anything exists. */
  public void link(String name, Root from, String existing) throws IOException {
    Path link = reached(name);
    require(from.path(existing), Kind.FILE, from.kind(existing));
    Files.createLink(link, from.path(existing));
  }

  /** Moves a file or a folder to a name that is free. */
  public void move(String name, Root to, String there) throws IOException {
    Path target = to.reached(there);
    if (to.kind(there) != Kind.ABSENT) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Files.move(reached(name), target, StandardCopyOption.ATOMIC_MOVE);
    sync(target.getParent());
  }

  /** Moves a file into the place of an older one, in one step. */
  public void moveOver(String name, Root to, String there) throws IOException {
    Path target = to.reached(there);
    Files.move(reached(name), target, StandardCopyOption.ATOMIC_MOVE);
    sync(target.getParent());
  }

  /** Lets a name point to a file beside it, whatever it pointed to. */
  public void point(String name, String beside) throws IOException {
    checked(name);
    checked(beside);
    String fresh = name + ".new-" + UUID.randomUUID();
    Files.createSymbolicLink(reached(fresh), Path.of(beside));
    Files.move(reached(fresh), reached(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes a file, a link or an empty folder, if it is there. */
  public void delete(String name) throws IOException {
    if (parent(whole(name)).isPresent()) {
      Files.deleteIfExists(path(name));
    }
  }

  /** Removes what is at a name with all that is in it; links are removed, not followed. */
  public void deleteAll(String name) throws IOException {
    if (kind(name) == Kind.FOLDER) {
      for (String below : list(name)) {
        deleteAll(name + "/" + below);
      }
    }
    delete(name);
  }

  /** Forces the entries of the folder in which a name is to disk. */
  public void syncParent(String name) throws IOException {
    sync(reached(name).getParent());
  }

  /** Who owns a file and what they may do. */
  public Access access(String name) throws IOException {
    return Access.of(
        Files.readAttributes(reached(name), PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
  }

  /** Lets the owner of a file run it. */
  public void makeExecutable(String name) throws IOException {
    Set<PosixFilePermission> mode = new HashSet<>(access(name).permissions());
    mode.add(PosixFilePermission.OWNER_EXECUTE);
    require(path(name), Kind.FILE, kind(name));
    Files.setPosixFilePermissions(path(name), mode);
  }

  /**
   * Gives a file the rights of another, and its owner and group where this user may do that.
   *
   * @param like what {@link #access} said of the other
   */
  public void own(String name, Access like) throws IOException {
    Access.Owners now = access(name).owners().orElseThrow();
    Access.Owners wanted = like.owners().orElse(now);
    PosixFileAttributeView view =
        Files.getFileAttributeView(
            path(name), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    try {
      if (!now.group().equals(wanted.group())) {
        view.setGroup(wanted.group());
      }
      if (!now.owner().equals(wanted.owner())) {
        view.setOwner(wanted.owner());
      }
    } catch (FileSystemException onlyRootGivesAway) {
      // The rights below are what every user may set.
    }
    require(path(name), Kind.FILE, kind(name));
    Files.setPosixFilePermissions(path(name), like.permissions());
  }

  /** Takes this folder's rights from everybody but its owner, where this user may do that. */
  public void keepToOwner() throws IOException {
    if (kind() != Kind.FOLDER) {
      return;
    }
    Set<PosixFilePermission> only = Rights.OWN.folder().orElseThrow();
    try {
      if (!only.containsAll(Files.getPosixFilePermissions(path()))) {
        Files.setPosixFilePermissions(path(), only);
      }
    } catch (FileSystemException anothersFolder) {
      // Its owner has to do it.
    }
  }

  /** Opens a file to be locked, and makes it where it is not there. */
  public FileChannel lockFile(String name) throws IOException {
    Kind kind = kind(name);
    if (kind == Kind.ABSENT) {
      try {
        create(name, new byte[0]);
      } catch (FileAlreadyExistsException anotherMadeIt) {
        // Then it is there all the same.
      }
    }
    return file(name);
  }

  /** Opens a file that is there to be read and written. */
  public FileChannel file(String name) throws IOException {
    return open(name, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /** Opens a file that is there to be read. */
  public FileChannel reading(String name) throws IOException {
    return open(name, Set.of(StandardOpenOption.READ));
  }

  private FileChannel open(String name, Set<StandardOpenOption> how) throws IOException {
    Path file = reached(name);
    require(file, Kind.FILE, look(file, LinkOption.NOFOLLOW_LINKS));
    Set<OpenOption> options = new HashSet<>(how);
    options.add(LinkOption.NOFOLLOW_LINKS);
    return FileChannel.open(file, options);
  }

  static byte[] read(SeekableByteChannel opened, Path file, long limit) throws IOException {
    try (SeekableByteChannel channel = opened) {
      int most = (int) Math.min(limit, Integer.MAX_VALUE - 16);
      if (channel.size() > most) {
        throw new TooLargeException(file, most + " bytes");
      }
      byte[] bytes = Channels.newInputStream(channel).readNBytes(most + 1);
      if (bytes.length > most) {
        throw new TooLargeException(file, most + " bytes");
      }
      return bytes;
    }
  }

  private BasicFileAttributes attributes(String name) throws IOException {
    return Files.readAttributes(
        reached(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** The path of a name, whose parents are all real folders. */
  private Path reached(String name) throws IOException {
    String whole = whole(name);
    if (parent(whole).isEmpty()) {
      throw new NoSuchFileException(at(whole).toString());
    }
    return at(whole);
  }

  /** The folder in which a name is, if it is there. */
  private Optional<Path> parent(String whole) throws IOException {
    Path at = base;
    String[] segments = segments(whole);
    for (int i = 0; i < segments.length - 1; i++) {
      at = at.resolve(segments[i]);
      Kind kind = look(at, LinkOption.NOFOLLOW_LINKS);
      if (kind == Kind.ABSENT) {
        return Optional.empty();
      }
      require(at, Kind.FOLDER, kind);
    }
    return Optional.of(at);
  }

  private String whole(String name) {
    checked(name);
    return prefix + name;
  }

  private Path at(String whole) {
    return base.resolve(whole);
  }

  private Root top() {
    return new Root(base, "", rights);
  }

  private String inTop() {
    return prefix.substring(0, prefix.length() - 1);
  }

  private static String[] segments(String name) {
    return name.split("/", -1);
  }

  private static void checked(String name) {
    for (String segment : segments(name)) {
      if (segment.isEmpty()
          || segment.equals(".")
          || segment.equals("..")
          || segment.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "expected a relative name without empty, '.' or '..' segments");
      }
    }
    try {
      var unused = Path.of(name);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("expected a name that this system can write", e);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Collections.sort(names);
    return names;
  }

  static Kind look(Path path, LinkOption... options) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(path, BasicFileAttributes.class, options);
      if (attributes.isRegularFile()) {
        return Kind.FILE;
      }
      return attributes.isDirectory() ? Kind.FOLDER : Kind.OTHER;
    } catch (NoSuchFileException e) {
      return Kind.ABSENT;
    }
  }

  static void require(Path at, Kind wanted, Kind found) throws IOException {
    if (found == Kind.ABSENT) {
      throw new NoSuchFileException(at.toString());
    }
    if (found != wanted) {
      throw new WrongKindException(at, wanted, found);
    }
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static FileAttribute<?>[] attribute(Optional<Set<PosixFilePermission>> mode) {
    return mode.<FileAttribute<?>[]>map(
            m -> new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(m)})
        .orElseGet(() -> new FileAttribute<?>[0]);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
