// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Cli.Streams;

/// <summary>Passes the system's signals on: SIGINT (Ctrl-C) and SIGTERM.</summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    private ProcessSignals(PosixSignalRegistration[] registrations) => _registrations = registrations;

    public static ProcessSignals Register(Interrupts interrupts) => new(
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            interrupts.Signal();
        }),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            interrupts.Signal(terminate: true);
        }),
    ]);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
