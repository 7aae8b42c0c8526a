// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench.Peers;

/// <summary>What is wrong with another engine.</summary>
internal enum PeerFault
{
    /// <summary>There is no such program, or it cannot be started.</summary>
    ProgramMissing,

    /// <summary>There is no such model file.</summary>
    ModelMissing,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>What it printed holds no result.</summary>
    Unreadable,
}

/// <summary>Another engine could not be measured.</summary>
internal sealed class PeerException(PeerFault fault, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public PeerFault Fault { get; } = fault;
}
