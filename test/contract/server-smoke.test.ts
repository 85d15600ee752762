import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseThresholds, parseVersion, type GoldenCase } from "#core";
import { quietLog, systemLikeClock } from "#core/testing";
import { smokeDeployment } from "#probe";
