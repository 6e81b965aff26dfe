import { Box, Text, useApp, useInput, usePaste, useWindowSize } from "ink";
import { memo, useEffect, useSyncExternalStore, type ReactNode } from "react";
import type { Dashboard, Terminal } from "./dashboard.ts";
import { takeKey, takePaste } from "./keys.ts";
import { markLine, paintLine, type Look } from "./look/look.ts";
import { keyNames } from "./terminal/key-name.ts";
import { stopUntilContinued } from "./terminal/stop.ts";
import type { FrameLine } from "./view/frame.ts";
import { linearLines, makeFrame } from "./view/make-frame.ts";

interface Screened extends Omit<Terminal, "suspend"> {
  /** Tells of what is to be drawn, when there is room for it. */
  readonly changes: (listener: () => void) => () => void;
  /** A key was pressed: what is drawn now is its answer. */
  readonly touched: () => void;
  /** Gives the terminal to somebody else meanwhile. */
  readonly lend: (work: () => Promise<void>) => void;
}

/** The dashboard on a terminal: every line is one Text, already cut to its width, so that nothing wraps and nothing is measured. */
export function App({ desk, terminal }: { readonly desk: Dashboard; readonly terminal: Screened }): ReactNode {
  useSyncExternalStore(terminal.changes, desk.version);
  const size = useWindowSize();
  useEffect(() => desk.resize(size), [desk, size.columns, size.rows]);
  const { suspendTerminal } = useApp();
  useEffect(() => desk.own({ ...terminal, suspend: () => terminal.lend(() => suspendTerminal(stopUntilContinued)) }), [desk, terminal, suspendTerminal]);
  useInput((input, key) => {
    terminal.touched();
    for (const name of keyNames(input, key)) takeKey(desk, name);
  });
  usePaste((text) => takePaste(desk, text));
  return desk.parts.linear ? <Linear desk={desk} /> : <Screen desk={desk} />;
}

function Screen({ desk }: { readonly desk: Dashboard }): ReactNode {
  const { look } = desk.parts;
  const { columns, rows } = desk.size;
  const { header, body, bodyWidth, side, footer } = makeFrame(desk);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {header.map((line, at) => (
        <Row key={`head ${at}`} text={paintLine(line, look)} />
      ))}
      <Box flexGrow={1} flexDirection="row">
        <Lines lines={body} width={bodyWidth} look={look} />
        {side === undefined ? null : (
          <Box marginLeft={3}>
            <Lines lines={side.lines} width={side.width} look={look} />
          </Box>
        )}
      </Box>
      {footer.map((line, at) => (
        <Row key={`foot ${at}`} text={paintLine(line, look)} />
      ))}
    </Box>
  );
}

function Lines({ lines, width, look }: { readonly lines: readonly FrameLine[]; readonly width: number; readonly look: Look }): ReactNode {
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      {lines.map(({ key, line, marked }) => (
        <Row key={key} text={marked === true ? markLine(line, look) : paintLine(line, look)} />
      ))}
    </Box>
  );
}

/** A line keeps its place when it is empty. */
const Row = memo(function Row({ text }: { readonly text: string }): ReactNode {
  return <Text wrap="truncate-end">{text === "" ? " " : text}</Text>;
});

function Linear({ desk }: { readonly desk: Dashboard }): ReactNode {
  return (
    <Box flexDirection="column">
      {linearLines(desk).map((text, at) => (
        <Text key={at}>{text}</Text>
      ))}
    </Box>
  );
}
