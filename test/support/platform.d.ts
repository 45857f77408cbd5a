/** The parts of the library "DOM" that the declarations of the package name, for a platform without that library. */
interface AbortSignal {
  readonly aborted: boolean;
}
interface URL {
  readonly href: string;
}
