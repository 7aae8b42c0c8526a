// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Errors;

/// <summary>What the command's exit codes mean; docs/cli.md has the same table.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int ModelNotFound = 3;
    public const int UnsupportedFormat = 4;
    public const int OutOfMemory = 5;
    public const int NoSuchDevice = 6;
    public const int Disturbed = 7;
    public const int Interrupted = 130;
}
