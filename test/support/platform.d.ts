/** What a platform without the library "DOM" has of it: as much as the declarations of the package name. */
interface AbortSignal {
  readonly aborted: boolean;
}
interface URL {
  readonly href: string;
}
